import type { Em } from '../../entities/index.ts'
import { fromSql, insertRows } from '../../entities/sql.ts'
import { grantedBefore } from '../consent/granted-before.ts'
import { updateLead } from '../lead-change.ts'

/**
 * The contacts of the Mailchimp audience as the newest run saw them, compared with our leads by set-based SQL: nothing of
 * it is held in memory, however many there are.
 */

/** A contact as Mailchimp gives it. */
export interface AudienceContact {
  memberId: string
  email: string
  status: string
  lastChanged: Date | undefined
}

export interface AudienceRun {
  workspaceId: string
  audienceId: string
  syncId: string
}

const columns = [
  'workspace_id',
  'audience_id',
  'member_id',
  'email',
  'status',
  'changed_at',
  'seen_by',
  'seen_at',
]

/** Ids of runs rise with time, so a contact a newer run has seen is not taken back by an older one. */
const newest = (column: string) => `${column} = if(seen_by > values(seen_by), ${column}, values(${column}))`

/** Notes a page of contacts, with one statement. */
export async function noteContacts(
  em: Em,
  { workspaceId, audienceId, syncId }: AudienceRun,
  contacts: readonly AudienceContact[],
): Promise<void> {
  const now = new Date()
  const rows = contacts.map(({ memberId, email, status, lastChanged }) => [
    workspaceId,
    audienceId,
    memberId,
    email.trim().toLowerCase().slice(0, 254),
    status,
    lastChanged ?? null,
    syncId,
    now,
  ])
  // `seen_by` last: MariaDB assigns from left to right, and the others look at its old value.
  const updates = ['email', 'status', 'changed_at', 'seen_at', 'seen_by'].map(newest).join(', ')
  await insertRows(em, 'audience_member', columns, rows, `on duplicate key update ${updates}`)
}

const chunk = 2_000

/**
 * Forgets some of the contacts that the run did not see: they are gone, or of an audience the workspace no longer has.
 * @returns false when none are left
 */
export async function forgetContacts(
  em: Em,
  { workspaceId, audienceId, syncId }: AudienceRun,
): Promise<boolean> {
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `delete from audience_member
     where workspace_id = ? and (audience_id <> ? or seen_by < ?) and seen_by <= ? limit ${chunk}`,
    [workspaceId, audienceId, syncId, syncId],
    'run',
  )
  return affectedRows === chunk
}

/** Contacts that are no leads here: `m` of these. */
export const onlyInMailchimp = `audience_member m
  left join \`lead\` l on l.workspace_id = m.workspace_id and l.email = m.email
  where m.workspace_id = ? and l.id is null`
/** Leads with an e-mail address that are not in the audience: `l` of these. */
export const onlyHere = `\`lead\` l
  left join audience_member m on m.workspace_id = l.workspace_id and m.email = l.email
  where l.workspace_id = ? and l.email is not null and m.member_id is null`

/** Counts both kinds of differences and notes them in the run's report. */
export async function noteDifferences(em: Em, { workspaceId, syncId }: AudienceRun): Promise<void> {
  await em.execute(
    `update campaign_sync set
       only_in_mailchimp = (select count(*) from ${onlyInMailchimp}),
       only_here = (select count(*) from ${onlyHere})
     where id = ?`,
    [workspaceId, workspaceId, syncId],
  )
}

interface Departed {
  id: string
  at: Date | null
}

/** Leads looked at in one transaction. */
const leadChunk = 200

/**
 * Withdraws the consent of leads who unsubscribed at Mailchimp, or whose address bounced for good, after they gave it
 * here. Each is looked at again under its lock: a consent given since then stays.
 * @param after id of the last lead of the chunk before
 * @returns the last lead of this chunk and how many were changed; undefined when there are no more
 */
export async function withdrawConsents(
  em: Em,
  { workspaceId, audienceId }: Omit<AudienceRun, 'syncId'>,
  after: string,
  correlationId: string,
): Promise<{ last: string; denied: number } | undefined> {
  const raws = await em.execute<Record<string, unknown>[]>(
    `select l.id, m.changed_at as at from audience_member m
     join \`lead\` l on l.workspace_id = m.workspace_id and l.email = m.email
     where m.workspace_id = ? and m.audience_id = ? and m.status in ('unsubscribed', 'cleaned') and l.id > ?
       and ${grantedBefore('l', 'm.changed_at')}
     order by l.id limit ${leadChunk} for update`,
    [workspaceId, audienceId, after],
  )
  const leads = raws.map((raw) => fromSql<Departed>(raw))
  for (const { id, at } of leads) {
    const consent = { source: 'VENDOR' as const, vendor: 'mailchimp', at: at ?? undefined }
    const change = { leadId: id, patch: { emailConsent: 'DENIED' as const }, consent, correlationId }
    await updateLead(em, workspaceId, change, new Date())
  }
  const last = leads.at(-1)
  return last && { last: last.id, denied: leads.length }
}
