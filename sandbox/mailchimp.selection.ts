/** Which members GET /lists/{id}/members answers with, and in which order. */
import type { Audience } from './mailchimp.audiences.ts'
import { type Member, uniqueEmailId } from './mailchimp.members.ts'
import type { MembersQuery } from './mailchimp.shapes.ts'

/** The members a query asks for; archived ones only when they are asked for. */
export function select({ members }: Audience, query: MembersQuery): Member[] {
  const since = Date.parse(query.since_last_changed ?? '1970-01-01')
  const before = Date.parse(query.before_last_changed ?? '9999-01-01')
  const selected: Member[] = []
  for (const member of members.values()) {
    const { changedAt } = member
    if (changedAt >= since && changedAt < before && fits(member, query)) selected.push(member)
  }
  return ordered(selected, query)
}

function fits(member: Member, { status, email_type, unique_email_id, vip_only }: MembersQuery): boolean {
  const { details } = member
  if (status === undefined ? member.status === 'archived' : member.status !== status) return false
  if (email_type !== undefined && email_type !== (details.email_type ?? 'html')) return false
  if (unique_email_id !== undefined && unique_email_id !== uniqueEmailId(member)) return false
  return vip_only !== 'true' || details.vip === true
}

/** Oldest first unless DESC is asked for; members with the same time keep the order they came in. */
function ordered(members: Member[], { sort_field, sort_dir }: MembersQuery): Member[] {
  if (sort_field === undefined) return members
  const sign = sort_dir === 'DESC' ? -1 : 1
  const keyOf = (member: Member): string | number =>
    sort_field === 'last_changed' ? member.changedAt : (member.details[sort_field] ?? '')
  return members.sort((a, b) => sign * compare(keyOf(a), keyOf(b)) || a.number - b.number)
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
