import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** A contact of a Mailchimp audience as the last comparison saw it. */
const AudienceMemberSchema = defineEntity({
  name: 'AudienceMember',
  tableName: 'audience_member',
  indexes: [{ name: 'audience_member_email', properties: ['workspaceId', 'email'] }],
  properties: {
    workspaceId: () => p.manyToOne(Workspace).mapToPk().primary().fieldName('workspace_id').index(false),
    audienceId: code(32).primary(),
    /** Mailchimp's subscriber hash. */
    memberId: code(32).primary(),
    /** Trimmed and lower-cased. */
    email: p.string().length(254),
    status: code(16),
    /** When Mailchimp last changed the contact. */
    changedAt: time().nullable(),
    /** The run of `campaign.sync` that saw it last: whoever the newest run did not see is gone. */
    seenBy: id(),
    seenAt: time(),
  },
})

export class AudienceMember extends AudienceMemberSchema.class {}
AudienceMemberSchema.setClass(AudienceMember)
