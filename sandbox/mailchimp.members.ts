import { randomBytes } from 'node:crypto'
import { checkMergeValues, type MergeField } from './mailchimp.merge.ts'
import { refuse, refuseFields } from './mailchimp.problems.ts'
import type { MemberChange, MemberPatch, TagChange } from './mailchimp.shapes.ts'
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
}
export type Member = ReturnType<typeof newMember>

/** Finds by subscriber hash or e-mail address. (The real API takes a contact id, too.) */
export function lookUp({ members }: Membership, id: string): Member | undefined {
  return members.get(id.includes('@') ? subscriberHash(id) : id)
}

/** Inserts or updates; a new member needs `status_if_new`, which leaves present members alone. */
export function put(audience: Membership, hash: string, change: MemberChange, skip: boolean): Member {
  const found = lookUp(audience, hash)
  if (found) return update(audience, found, change, skip)
  checkAddress(audience, change.email_address)
  const id = subscriberHash(change.email_address)
  if (audience.members.has(id)) alreadyMember(change.email_address)
  if (id !== hash && !hash.includes('@')) {
    refuseFields([{ field: 'email_address', message: 'The subscriber hash is not that of this address' }])
  }
  if (!change.status_if_new) {
    refuseFields([{ field: 'status_if_new', message: 'Required fields were not provided: status_if_new' }])
  }
  const created = newMember(audience.listId, change.email_address)
  applyChange(audience, created, { ...change, status: change.status_if_new }, skip)
  audience.members.set(created.id, created)
  return created
}

/** Changes a member; a new address moves it to a new hash. */
export function update(audience: Membership, member: Member, change: MemberPatch, skip: boolean): Member {
  const email = change.email_address ?? member.email_address
  const id = subscriberHash(email)
  if (id !== member.id) checkAddress(audience, email)
  if (id !== member.id && audience.members.has(id)) alreadyMember(email)
  applyChange(audience, member, change, skip)
  if (id !== member.id) move(audience, member, email)
  return member
}

function alreadyMember(email: string): never {
  return refuse(
    'Member Exists',
    `${email} is already a list member. Use PUT to insert or update list members.`,
  )
}

function move({ members }: Membership, member: Member, email: string): void {
  members.delete(member.id)
  Object.assign(member, { id: subscriberHash(email), email_address: email })
  members.set(member.id, member)
}

function checkAddress({ forgotten }: Membership, email: string): void {
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)) {
    refuse('Invalid Resource', 'Please provide a valid email address.')
  }
  if (/@(fake\.invalid-example|(.+\.)?example\.invalid)$/i.test(email)) {
    refuse('Invalid Resource', `${email} looks fake or invalid, please enter a real email address.`)
  }
  if (forgotten.has(subscriberHash(email))) {
    const detail = `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`
    refuse('Forgotten Email Not Subscribed', detail)
  }
}

function applyChange(audience: Membership, member: Member, change: MemberPatch, skip: boolean): void {
  const { email_address: _address, merge_fields: given = {}, status, ...plain } = change
  const merge_fields = { ...member.merge_fields, ...given }
  checkMergeValues(audience.fields, given, merge_fields, skip)
  if (status) checkStatus(audience, member, status)
  const { status_if_new: _new, ...rest } = plain as typeof plain & { status_if_new?: string }
  Object.assign(member, rest, { merge_fields, last_changed: now() }, status ? { status } : {})
}

/** People who left by themselves can only be asked (`pending`), never subscribed. */
function checkStatus({ compliance }: Membership, { id, email_address }: Member, status: string): void {
  const protectedAddress = compliance.has(id) || /^compliance.*@bounce\.example$/i.test(email_address)
  if (status !== 'subscribed' || !protectedAddress) return
  const reason =
    'is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.'
  refuse('Member In Compliance State', `${email_address} ${reason}`)
}

/** Adds and removes tags; tags not named stay. */
export function retag(member: Member, changes: TagChange[]): Member {
  const names = new Set(member.tags.map((tag) => tag.name))
  for (const { name, status } of changes) {
    if (status === 'active') names.add(name)
    else names.delete(name)
  }
  const tags = [...names].map((name) => ({ id: tagId(name), name }))
  return Object.assign(member, { tags, tags_count: tags.length, last_changed: now() })
}

function tagId(name: string): number {
  return Number.parseInt(subscriberHash(name).slice(0, 6), 16)
}

function newMember(list_id: string, email_address: string) {
  return {
    id: subscriberHash(email_address),
    email_address,
    unique_email_id: randomBytes(5).toString('hex'),
    contact_id: randomBytes(16).toString('hex'),
    web_id: randomBytes(4).readUInt32BE(0) % 1_000_000_000,
    email_type: 'html',
    status: 'pending',
    merge_fields: {} as Record<string, unknown>,
    stats: { avg_open_rate: 0, avg_click_rate: 0 },
    language: '',
    vip: false,
    list_id,
    last_changed: now(),
    tags_count: 0,
    tags: [] as { id: number; name: string }[],
  }
}

/** Mailchimp writes times with a zone and without milliseconds. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, '+00:00')
}
