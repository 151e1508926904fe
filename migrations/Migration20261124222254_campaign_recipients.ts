import { Migration } from '@mikro-orm/migrations'

export class Migration20261124222254_campaign_recipients extends Migration {
  override name = 'Migration20261124222254_campaign_recipients'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`campaign\` add \`recipients\` json null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`campaign\` drop column \`recipients\`;`)
  }
}
