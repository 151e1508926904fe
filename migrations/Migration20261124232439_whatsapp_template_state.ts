import { Migration } from '@mikro-orm/migrations'

export class Migration20261124232439_whatsapp_template_state extends Migration {
  override name = 'Migration20261124232439_whatsapp_template_state'

  override up(): void | Promise<void> {
    this.addSql(
      `alter table \`whatsapp_template\` add \`components\` json null, add \`quality\` varchar(16) collate ascii_bin null, add \`reported_at\` datetime(3) null;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(
      `alter table \`whatsapp_template\` drop column \`components\`, drop column \`quality\`, drop column \`reported_at\`;`,
    )
  }
}
