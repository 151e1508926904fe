import { Migration } from '@mikro-orm/migrations'

export class Migration20261124223333_message_content extends Migration {
  override name = 'Migration20261124223333_message_content'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`message\` add \`content\` json null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`message\` drop column \`content\`;`)
  }
}
