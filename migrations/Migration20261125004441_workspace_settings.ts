import { Migration } from '@mikro-orm/migrations'

export class Migration20261125004441_workspace_settings extends Migration {
  override name = 'Migration20261125004441_workspace_settings'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`workspace\` add \`settings\` json not null default ('{}');`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`workspace\` drop column \`settings\`;`)
  }
}
