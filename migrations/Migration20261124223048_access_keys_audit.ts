import { Migration } from '@mikro-orm/migrations'

export class Migration20261124223048_access_keys_audit extends Migration {
  override name = 'Migration20261124223048_access_keys_audit'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`audit\` add index \`audit_page\` (\`workspace_id\`, \`id\`);`)
    this.addSql(`alter table \`audit\` add index \`audit_action\` (\`workspace_id\`, \`action\`, \`id\`);`)
    this.addSql(`alter table \`audit\` add index \`audit_key\` (\`workspace_id\`, \`api_key_id\`, \`id\`);`)

    this.addSql(`alter table \`api_key\` add \`replaced_by\` varchar(40) collate ascii_bin null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`api_key\` drop column \`replaced_by\`;`)

    this.addSql(`alter table \`audit\` drop index \`audit_page\`;`)
    this.addSql(`alter table \`audit\` drop index \`audit_action\`;`)
    this.addSql(`alter table \`audit\` drop index \`audit_key\`;`)
  }
}
