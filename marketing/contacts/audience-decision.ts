import type { AudienceStatus, HeldContact } from '../../entities/contact.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { endOfSecond } from '../consent/statement.ts'
import type { Wish } from './wish.ts'

/** How a contact stands in the audience. */
export interface Standing {
  status: AudienceStatus
  /** Whether the status is another one than we knew: the audience's own report of it is still on its way. */
  isNews: boolean
  /** When Mailchimp last changed the contact; undefined when that was our own doing just now. */
  changedAt?: Date | undefined
  /** When the person last signed up. */
  optedInAt?: Date | undefined
}

/**
 * KEEP: the status says what the person wants. SET: Mailchimp is to be told. ADOPT: what the person said at Mailchimp is
 * newer than what we know.
 */
export type Decision =
  | { kind: 'KEEP' }
  | { kind: 'SET'; status: 'subscribed' | 'pending' | 'transactional' | 'unsubscribed' }
  | { kind: 'ADOPT'; consent: 'GRANTED' | 'DENIED'; reason: SuppressionReason; at: Date }

const keep: Decision = { kind: 'KEEP' }
const left: readonly AudienceStatus[] = ['unsubscribed', 'cleaned', 'archived']

/**
 * What follows from a person's wish and a contact's standing. The newest wish wins, and of two made at once the no.
 * @param asksToConfirm whether the audience has double opt-in: then a new subscriber is asked (`pending`)
 */
export function decide(
  wish: Wish,
  standing: Standing,
  held: Pick<HeldContact, 'statusBefore' | 'refusedWishAt'>,
  asksToConfirm: boolean,
): Decision {
  if (wish.wants === 'NO') return decideNo(wish, standing)
  const yes = wish.wants === 'YES'
  if (!left.includes(standing.status)) return yes ? decideYes(standing, asksToConfirm) : decideOpen(standing)
  const before = held.statusBefore
  if (before && !standing.isNews) return restore(before, yes, asksToConfirm)
  if (standing.isNews && !(yes && isNewer(wish, standing))) return adoptLeaving(standing)
  if (!yes || wish.at?.toISOString() === held.refusedWishAt) return keep
  return { kind: 'SET', status: asksToConfirm ? 'pending' : 'subscribed' }
}

/** A contact who signed up after the no has changed their mind; an operator's no is not theirs to take back. */
function decideNo({ at, revocable }: Wish, { status, isNews, optedInAt }: Standing): Decision {
  if (left.includes(status)) return keep
  const signedUpSince = optedInAt && at && optedInAt > endOfSecond(at)
  if (isNews && status === 'subscribed' && revocable && signedUpSince)
    return { kind: 'ADOPT', consent: 'GRANTED', reason: 'UNSUBSCRIBED', at: optedInAt }
  return { kind: 'SET', status: 'unsubscribed' }
}

function decideYes({ status }: Standing, asksToConfirm: boolean): Decision {
  if (status !== 'transactional') return keep
  return { kind: 'SET', status: asksToConfirm ? 'pending' : 'subscribed' }
}

/** Nothing is known about what the person wants: who signed up at Mailchimp has said yes. */
function decideOpen({ status, isNews, optedInAt }: Standing): Decision {
  if (!isNews || status !== 'subscribed' || !optedInAt) return keep
  return { kind: 'ADOPT', consent: 'GRANTED', reason: 'UNSUBSCRIBED', at: optedInAt }
}

/** We took the contact out for a reason that holds no longer: back to what it was, or to what the person wants since. */
function restore(before: AudienceStatus, yes: boolean, asksToConfirm: boolean): Decision {
  if (before === 'subscribed' || before === 'pending') return { kind: 'SET', status: before }
  if (!yes) return before === 'transactional' ? { kind: 'SET', status: before } : keep
  return { kind: 'SET', status: asksToConfirm ? 'pending' : 'subscribed' }
}

/** Without a time of Mailchimp's it is ours that counts: Mailchimp itself refuses people who left by themselves. */
function isNewer({ at }: Wish, { changedAt }: Standing): boolean {
  return changedAt === undefined || (at !== null && at > endOfSecond(changedAt))
}

/** An archived contact was removed by somebody of the agency: the person has said nothing. */
function adoptLeaving({ status, changedAt }: Standing): Decision {
  if (status === 'archived' || !changedAt) return keep
  const reason = status === 'cleaned' ? 'HARD_BOUNCE' : 'UNSUBSCRIBED'
  return { kind: 'ADOPT', consent: 'DENIED', reason, at: changedAt }
}
