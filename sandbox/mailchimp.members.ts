import { nowInSeconds, stamp } from './mailchimp.answers.ts'
import type { MergeField, MergeValues } from './mailchimp.merge.ts'
import type { MemberPatch } from './mailchimp.shapes.ts'
import { subscriberHash } from './signatures.ts'

/** What the rules about members need to know of their audience. */
export type Membership = {
  listId: string
  members: Map<string, Member>
  fields: MergeField[]
  /** Hashes erased for good: such an address can only come back through Mailchimp's own form. */
  forgotten: Set<string>
  /** Hashes of people who left by themselves or bounced: the API may not subscribe them. */
  compliance: Set<string>
  /** How many members there ever were; numbers the next. */
  counter: number
}

/**
 * A member as it is kept: small, for there may be a hundred thousand of them. Members share the empty
 * values, so these are replaced and never changed.
 */
export type Member = {
  /** The subscriber hash; changes with the address. */
  id: string
  /** Stays. */
  number: number
  listId: string
  email: string
  status: string
  changedAt: number
  merge: MergeValues
  tags: readonly string[]
  details: Details
}
type Details = Omit<MemberPatch, 'email_address' | 'merge_fields' | 'status'>

const noTags: readonly string[] = []
const noDetails: Details = {}

/** A member nobody has told anything about yet; not in the audience before `members.set`. */
export function newMember(audience: Membership, email: string): Member {
  audience.counter += 1
  return {
    id: subscriberHash(email),
    number: audience.counter,
    listId: audience.listId,
    email,
    status: 'pending',
    changedAt: nowInSeconds(),
    merge: {},
    tags: noTags,
    details: noDetails,
  }
}

/** Finds by subscriber hash, e-mail address or contact id. */
export function lookUp({ members, listId }: Membership, id: string): Member | undefined {
  const found = members.get(id.includes('@') ? subscriberHash(id) : id)
  const start = contactStart(listId)
  if (found || !id.startsWith(start)) return found
  const number = Number.parseInt(id.slice(start.length), 16)
  return [...members.values()].find((member) => member.number === number)
}

function contactStart(listId: string): string {
  return subscriberHash(listId).slice(0, 24)
}

/** Tags have the same number in every audience. */
export function tagId(name: string): number {
  return Number.parseInt(subscriberHash(name).slice(0, 6), 16)
}

/** A member as the API shows it. */
export function described(member: Member) {
  const { id, number, listId, email, status, merge, tags, changedAt, details } = member
  return {
    id,
    email_address: email,
    unique_email_id: uniqueEmailId(member),
    contact_id: contactStart(listId) + number.toString(16).padStart(8, '0'),
    full_name: [merge.FNAME, merge.LNAME].filter(Boolean).join(' '),
    web_id: 100_000_000 + number,
    email_type: details.email_type ?? 'html',
    status,
    merge_fields: merge,
    stats: { avg_open_rate: 0, avg_click_rate: 0 },
    ip_signup: details.ip_signup ?? '',
    timestamp_signup: details.timestamp_signup ?? '',
    ip_opt: details.ip_opt ?? '',
    timestamp_opt: details.timestamp_opt ?? '',
    last_changed: stamp(changedAt),
    language: details.language ?? '',
    vip: details.vip ?? false,
    tags_count: tags.length,
    tags: tags.map((name) => ({ id: tagId(name), name })),
    list_id: listId,
  }
}

/** Mailchimp's own key of the member in webhooks; stays when the address changes. */
export function uniqueEmailId({ listId, number }: Member): string {
  return subscriberHash(`${listId} ${number}`).slice(0, 10)
}
