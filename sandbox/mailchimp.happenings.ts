/** What webhooks tell about members and campaigns (integrations.md 3.7). */
import { type Member, uniqueEmailId } from './mailchimp.members.ts'
import { isObject } from './shape.ts'

export const eventNames = ['subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail', 'campaign'] as const
type EventName = (typeof eventNames)[number]
export const sourceNames = ['user', 'admin', 'api'] as const
/** Who did it: the person, somebody in Mailchimp's own pages, or a program. */
export type Source = (typeof sourceNames)[number]

export type Happening = {
  type: EventName
  listId: string
  /** Null = Mailchimp itself; every webhook hears of it. */
  source: Source | null
  firedAt: Date
  data: Record<string, string>
}

/** Everything webhooks tell about one change of a member. `before` is a copy; undefined = a new member. */
export function happeningsOf(before: Member | undefined, after: Member, source: Source): Happening[] {
  const about = (type: EventName, data: object): Happening => ({
    type,
    listId: after.listId,
    source,
    firedAt: new Date(),
    data: { ...data },
  })
  if (before && before.email !== after.email) return [about('upemail', addressData(before, after))]
  if (before?.status !== after.status) return statusHappenings(after, about)
  if (before && JSON.stringify(before.merge) !== JSON.stringify(after.merge)) {
    return [about('profile', personData(after))]
  }
  return []
}

/** A permanently deleted member. */
export function goneHappening(member: Member, source: Source): Happening[] {
  return happeningsOf(member, { ...member, status: 'archived' }, source)
}

function statusHappenings(after: Member, about: (type: EventName, data: object) => Happening): Happening[] {
  const person = personData(after)
  if (after.status === 'subscribed') return [about('subscribe', person)]
  if (after.status === 'cleaned') return [about('cleaned', { 'data[reason]': 'hard', ...person })]
  const action = { unsubscribed: 'unsub', archived: 'delete' }[after.status]
  if (!action) return []
  return [about('unsubscribe', { 'data[action]': action, 'data[reason]': 'manual', ...person })]
}

function personData(member: Member): Record<string, string> {
  const { email, listId, merge, details } = member
  return {
    'data[id]': uniqueEmailId(member),
    'data[list_id]': listId,
    'data[email]': email,
    'data[email_type]': details.email_type ?? 'html',
    ...(details.ip_opt ? { 'data[ip_opt]': details.ip_opt } : {}),
    ...Object.fromEntries(Object.entries(merge).flatMap(([tag, value]) => mergeData(tag, value))),
  }
}

function mergeData(tag: string, value: unknown): [string, string][] {
  const name = `data[merges][${tag}]`
  if (!isObject(value)) return [[name, String(value)]]
  return Object.entries(value).map(([part, text]) => [`${name}[${part}]`, String(text)])
}

function addressData(before: Member, after: Member): Record<string, string> {
  return {
    'data[list_id]': after.listId,
    'data[new_id]': uniqueEmailId(after),
    'data[new_email]': after.email,
    'data[old_email]': before.email,
  }
}

/** A campaign that was sent or whose sending was cancelled. */
export function campaignHappening(
  listId: string,
  campaign: { id: string; subject: string; status: string },
): Happening {
  const data = {
    'data[id]': campaign.id,
    'data[subject]': campaign.subject,
    'data[status]': campaign.status,
    'data[reason]': '',
    'data[list_id]': listId,
  }
  return { type: 'campaign', listId, source: null, firedAt: new Date(), data }
}

/** The form webhooks send. `fired_at` has no zone and means UTC. */
export function formOf({
  type,
  firedAt,
  data,
}: Pick<Happening, 'firedAt' | 'data'> & { type: string }): string {
  const fired_at = firedAt.toISOString().slice(0, 19).replace('T', ' ')
  return new URLSearchParams({ type, fired_at, ...data }).toString()
}
