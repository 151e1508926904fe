/** What may be done to a member: the rules of PUT, PATCH, POST and tags (integrations.md 3.3). */
import { nowInSeconds, stamp } from './mailchimp.answers.ts'
import { lookUp, type Member, type Membership, newMember } from './mailchimp.members.ts'
import { checkMergeValues } from './mailchimp.merge.ts'
import { refuse, refuseFields } from './mailchimp.problems.ts'
import type { MemberChange, MemberPatch, NewMember, TagChange } from './mailchimp.shapes.ts'
import { subscriberHash } from './signatures.ts'

/** Inserts or updates; a new member needs `status_if_new`, which leaves present members alone. */
export function put(audience: Membership, hash: string, change: MemberChange, skip: boolean): Member {
  const found = lookUp(audience, hash)
  const { status_if_new, ...rest } = change
  if (found) return update(audience, found, rest, skip)
  const id = subscriberHash(change.email_address)
  checkAddress(audience, change.email_address)
  if (audience.members.has(id)) alreadyMember(change.email_address)
  if (id !== hash && !hash.includes('@')) {
    refuseFields([{ field: 'email_address', message: 'The subscriber hash is not that of this address' }])
  }
  if (!status_if_new) {
    refuseFields([{ field: 'status_if_new', message: 'Required fields were not provided: status_if_new' }])
  }
  return insert(audience, { ...rest, status: status_if_new }, skip)
}

/** Adds a member with its tags; an archived one comes back, any other is refused. */
export function create(audience: Membership, order: NewMember, skip: boolean): Member {
  const { tags = [], ...change } = order
  checkAddress(audience, change.email_address)
  const found = lookUp(audience, change.email_address)
  if (found && found.status !== 'archived') alreadyMember(change.email_address)
  const member = found ? update(audience, found, change, skip) : insert(audience, change, skip)
  return addTags(member, tags)
}

function insert(
  audience: Membership,
  change: MemberPatch & { email_address: string },
  skip: boolean,
): Member {
  const created = newMember(audience, change.email_address)
  applyChange(audience, created, change, skip)
  audience.members.set(created.id, created)
  return created
}

/** Changes a member; a new address moves it to a new hash. */
export function update(audience: Membership, member: Member, change: MemberPatch, skip: boolean): Member {
  const email = change.email_address ?? member.email
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
  Object.assign(member, { id: subscriberHash(email), email })
  members.set(member.id, member)
}

function checkAddress({ forgotten }: Membership, email: string): void {
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)) {
    refuse('Invalid Resource', 'Please provide a valid email address.')
  }
  if (/@(fake\.invalid-example|(.+\.)?example\.invalid)$/i.test(email)) {
    refuse('Invalid Resource', `${email} looks fake or invalid, please enter a real email address.`)
  }
  if (/^manylists.*@bounce\.example$/i.test(email)) {
    const reason = "has signed up to a lot of lists very recently; we're not allowing more signups for now"
    refuse('Invalid Resource', `${email} ${reason}`)
  }
  if (forgotten.has(subscriberHash(email))) {
    const detail = `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`
    refuse('Forgotten Email Not Subscribed', detail)
  }
}

function applyChange(audience: Membership, member: Member, change: MemberPatch, skip: boolean): void {
  const { email_address: _address, merge_fields: given, status = member.status, ...details } = change
  const merge = given ? { ...member.merge, ...given } : member.merge
  checkMergeValues(audience.fields, given ?? {}, merge, skip)
  if (change.status) checkStatus(audience, member, status)
  const agreed = status === 'subscribed' && member.status !== 'subscribed'
  const agreement = agreed ? { timestamp_opt: stamp(nowInSeconds()) } : {}
  if (agreed || Object.keys(details).length > 0)
    member.details = { ...member.details, ...agreement, ...details }
  Object.assign(member, { merge, status, changedAt: nowInSeconds() })
}

/** People who left by themselves can only be asked (`pending`), never subscribed. */
function checkStatus({ compliance }: Membership, { id, email }: Member, status: string): void {
  const protectedAddress = compliance.has(id) || /^compliance.*@bounce\.example$/i.test(email)
  if (status !== 'subscribed' || !protectedAddress) return
  const reason =
    'is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.'
  refuse('Member In Compliance State', `${email} ${reason}`)
}

/** Adds and removes tags; tags not named stay. */
export function retag(member: Member, changes: TagChange[]): Member {
  const names = new Set(member.tags)
  for (const { name, status } of changes) {
    if (status === 'active') names.add(name)
    else names.delete(name)
  }
  return Object.assign(member, { tags: [...names], changedAt: nowInSeconds() })
}

/** Adds tags by their names. */
export function addTags(member: Member, names: string[]): Member {
  if (names.length > 0) member.tags = [...new Set([...member.tags, ...names])]
  return member
}
