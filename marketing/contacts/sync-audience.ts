import type { AudienceStatus, HeldContact } from '../../entities/contact.ts'
import type { CallContext } from '../../integrations/client.ts'
import type { Mailchimp, SettableStatus } from '../../integrations/mailchimp/verbs.ts'
import type { LeadRow } from '../lead-row.ts'
import { type Decision, decide, type Standing } from './audience-decision.ts'
import type { ContactRow } from './contact-row.ts'
import { audienceValues, differences } from './lead-values.ts'
import { AddressHeld, type Outcome, skipped, unchanged } from './outcome.ts'
import type { Wish } from './wish.ts'

/** Bringing one contact of a Mailchimp audience up to date with its lead. Everything here is safe to repeat. */

export interface AudienceWork {
  lead: LeadRow
  wish: Wish
  /** The contact as we know it. */
  contact: ContactRow
  mailchimp: Mailchimp
  call: CallContext
  /** Whether the audience asks new subscribers to confirm. */
  asksToConfirm(): Promise<boolean>
  /** Whether Mailchimp knows another lead of ours under an address. */
  isHeldByAnother(address: string): Promise<boolean>
}

/**
 * 1. Status: what the person wants comes first, as it is what does harm when it is late. 2. Address, names and fields.
 * 3. Tags. Only what differs from what Mailchimp holds is written; when nothing differs, Mailchimp is not asked.
 */
export async function syncAudience(work: AudienceWork): Promise<Outcome> {
  const { lead, contact } = work
  if (!lead.email) return contact.externalId ? leave(work) : skipped('NO_EMAIL')
  if (contact.address !== lead.email && (await work.isHeldByAnother(lead.email))) throw new AddressHeld()
  if (!contact.externalId) return join(work)
  const status = await bringStatus(work)
  if (status === 'GONE') return join(work)
  const profile = await bringProfile(work)
  if (profile === 'GONE') return join(work)
  const tags = await bringTags(work, profile.externalId ?? contact.externalId, contact.held.tags)
  return tags === 'GONE' ? join(work) : combined(contact.held, status, profile, tags)
}

/** Nobody is written to under an address that we do not have any more. */
async function leave({ contact, mailchimp, call }: AudienceWork): Promise<Outcome> {
  await mailchimp.archiveMember(contact.externalId!, call).catch((error: { status?: number }) => {
    // One that is archived already cannot be archived.
    if (error.status !== 405) throw error
  })
  const held: HeldContact = { fields: {}, tags: [] }
  return { ...unchanged(), outcome: 'DONE', changed: ['email'], externalId: null, address: null, held }
}

/** What one part of the work came to; a later part counts where two say the same. */
interface Part extends Pick<Outcome, 'externalId' | 'memberId' | 'address' | 'unfit' | 'adopted'> {
  changed: string[]
  held?: Partial<HeldContact>
  refusal?: string
}

function combined(held: HeldContact, ...parts: Part[]): Outcome {
  const { refusal, ...last } = Object.assign({}, ...parts) as Part
  const changed = parts.flatMap((part) => part.changed)
  const outcome = refusal !== undefined ? 'REFUSED' : changed.length > 0 ? 'DONE' : 'UNCHANGED'
  const heldNow = Object.assign({}, held, ...parts.map((part) => part.held)) as HeldContact
  return { ...last, outcome, reason: refusal, changed, held: heldNow }
}

/** Puts a person in who is not in the audience, as far as we know; who is there after all keeps status and tags. */
async function join(before: AudienceWork): Promise<Outcome> {
  const { lead, wish, mailchimp, call } = before
  const [email, fields] = [lead.email!, audienceValues(lead, mailchimp.mappedFields)]
  const statusIfNew = await statusOfNew(before)
  const member = await mailchimp.upsertMember({ email, statusIfNew, ...inputOf(fields) }, call)
  const { status, memberId, optedInAt, unfit } = member
  const externalId = member.contactId ?? memberId
  const held: HeldContact = { fields, tags: [], status }
  const work = { ...before, contact: { ...before.contact, externalId, address: email, held } }
  // Our own call has just changed the contact, so when it changed before is not known.
  const changedAt = wish.wants === 'UNKNOWN' ? member.lastChanged : undefined
  const isNews = status !== statusIfNew
  const seen = wish.wants === 'UNKNOWN' ? { status, isNews, changedAt } : { status, isNews, optedInAt }
  const decided = await applyDecision(work, await decisionOn(work, seen), status)
  const tags = await bringTags(work, externalId, [])
  const put: Part = {
    changed: ['email', ...Object.keys(fields)],
    externalId,
    memberId,
    address: email,
    unfit,
  }
  return combined(held, put, decided, tags === 'GONE' ? { changed: [] } : tags)
}

/** In an audience with double opt-in Mailchimp asks the person once more: `subscribed` would pass over its owner's wish. */
async function statusOfNew({ wish, asksToConfirm }: AudienceWork): Promise<SettableStatus> {
  if (wish.wants === 'NO') return 'unsubscribed'
  if (wish.wants === 'UNKNOWN') return 'transactional'
  return (await asksToConfirm()) ? 'pending' : 'subscribed'
}

async function decisionOn(work: AudienceWork, standing: Standing): Promise<Decision> {
  const { wish, contact } = work
  const confirm = wish.wants === 'YES' && (await work.asksToConfirm())
  return decide(wish, standing, contact.held, confirm)
}

/** Looks at the contact only when its status is to change, and decides by what it sees. */
async function bringStatus(work: AudienceWork): Promise<Part | 'GONE'> {
  const { contact, mailchimp, call, wish } = work
  const known = contact.held.status
  // A no ends the yes that was refused; the person's own also ends what an operator's no was to bring back.
  const ended = { refusedWishAt: undefined, ...(wish.own && { statusBefore: undefined }) }
  if (known && (await decisionOn(work, { status: known, isNews: false })).kind === 'KEEP')
    return { changed: [], held: wish.wants === 'NO' ? ended : {} }
  const member = await mailchimp.member(contact.externalId!, call)
  if (!member) return 'GONE'
  const { status, lastChanged: changedAt, optedInAt } = member
  const decision = await decisionOn(work, { status, isNews: status !== known, changedAt, optedInAt })
  return applyDecision(work, decision, status)
}

async function applyDecision(work: AudienceWork, decision: Decision, seen: AudienceStatus): Promise<Part> {
  if (decision.kind === 'KEEP') return { changed: [], held: { status: seen } }
  if (decision.kind === 'SET') return setStatus(work, decision.status, seen)
  const { consent, reason, at } = decision
  return { changed: [], held: { status: seen }, adopted: { consent, reason, at } }
}

async function setStatus(
  { contact, wish, mailchimp, call }: AudienceWork,
  status: SettableStatus,
  seen: AudienceStatus,
): Promise<Part> {
  const member = contact.externalId!
  try {
    const after = await mailchimp.setMemberStatus({ member, status }, call)
    const statusBefore = status === 'unsubscribed' && !wish.own ? seen : undefined
    const held = { status: after?.status ?? status, statusBefore, refusedWishAt: undefined }
    return { changed: ['status'], held }
  } catch (error) {
    const { recipientRefused, code } = error as { recipientRefused?: boolean; code?: string }
    if (!recipientRefused) throw error
    const refusedWishAt = wish.at?.toISOString()
    return { changed: [], refusal: code!, held: { status: seen, refusedWishAt } }
  }
}

/** Names, fields and the address; Mailchimp moves a contact whose address changes. */
async function bringProfile(work: AudienceWork): Promise<Part | 'GONE'> {
  const { lead, contact, mailchimp, call } = work
  const fields = audienceValues(lead, mailchimp.mappedFields)
  const changes = differences(fields, contact.held.fields)
  const email = contact.address === lead.email ? undefined : lead.email!
  const changed = [...(email === undefined ? [] : ['email']), ...Object.keys(changes)]
  if (changed.length === 0) return { changed }
  try {
    const input = { member: contact.externalId!, email, ...inputOf(changes) }
    const member = await mailchimp.changeMember(input, call)
    if (!member) return 'GONE'
    if (member === 'UNCHANGED') return { changed: [], held: { fields } }
    const { contactId, memberId, unfit } = member
    return {
      changed,
      held: { fields },
      externalId: contactId ?? memberId,
      memberId,
      address: lead.email!,
      unfit,
    }
  } catch (error) {
    if (!isTaken(error)) throw error
    // The contact with the new address is the person from now on.
    await mailchimp.archiveMember(contact.externalId!, call)
    return 'GONE'
  }
}

const isTaken = (error: unknown) => /^Member ?Exists$/i.test((error as { code?: string }).code ?? '')

/** What of the values has a place of its own in the call. */
function inputOf({ language, ...fields }: Record<string, string>) {
  const { firstName, lastName } = fields
  return { firstName, lastName, fields, locale: language }
}

/** Tags that others gave the contact stay. */
async function bringTags(
  { lead, mailchimp, call }: AudienceWork,
  member: string,
  held: readonly string[],
): Promise<Part | 'GONE'> {
  const tags = lead.tags.filter((tag) => !held.includes(tag))
  const remove = held.filter((tag) => !lead.tags.includes(tag))
  if (tags.length + remove.length === 0) return { changed: [] }
  try {
    await mailchimp.tagMember({ member, tags, remove }, call)
    return { changed: ['tags'], held: { tags: [...lead.tags] } }
  } catch (error) {
    if ((error as { status?: number }).status !== 404) throw error
    return 'GONE'
  }
}
