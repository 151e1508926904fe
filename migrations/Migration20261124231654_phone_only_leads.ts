import { Migration } from '@mikro-orm/migrations'

export class Migration20261124231654_phone_only_leads extends Migration {
  override name = 'Migration20261124231654_phone_only_leads'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`lead\` add \`phone_key\` varchar(20) collate ascii_bin null;`)
    // Of leads who share a number and are known by nothing else, the oldest has it; the others stay as they are.
    this.addSql(`update \`lead\` l join (
        select min(id) as id from \`lead\`
        where email is null and phone is not null and erased_at is null group by workspace_id, phone
      ) oldest on oldest.id = l.id set l.phone_key = l.phone;`)
    this.addSql(`alter table \`lead\` add unique \`lead_phone_key\` (\`workspace_id\`, \`phone_key\`);`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`lead\` drop index \`lead_phone_key\`;`)
    this.addSql(`alter table \`lead\` drop column \`phone_key\`;`)
  }
}
