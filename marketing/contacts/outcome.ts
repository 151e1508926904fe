import type { HeldContact } from '../../entities/contact.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'

/** What bringing one vendor up to date came to. */
export interface Outcome {
  /** UNCHANGED: the vendor held all of it already. SKIPPED: there is nothing to do there. REFUSED: the vendor does not take the person. */
  outcome: 'DONE' | 'UNCHANGED' | 'SKIPPED' | 'REFUSED'
  /** A code. */
  reason?: string | undefined
  /** Names of what was written. */
  changed: string[]
  /** Names of fields the vendor does not take as they are. */
  unfit?: readonly string[] | undefined
  /** The vendor's id of the person that stays; null when the vendor has them no longer. Left out: as before. */
  externalId?: string | null | undefined
  /** The id we show to the outside, where it is another one. */
  memberId?: string | undefined
  address?: string | null | undefined
  held?: HeldContact | undefined
  /** A wish of the person that the vendor knew of and we did not. */
  adopted?: { consent: 'GRANTED' | 'DENIED'; reason: SuppressionReason; at: Date } | undefined
}

export const unchanged = (): Outcome => ({ outcome: 'UNCHANGED', changed: [] })

export const skipped = (reason: string): Outcome => ({ outcome: 'SKIPPED', reason, changed: [] })

/** The vendor still knows another lead under this address: that one has a new address, which the vendor learns first. */
export class AddressHeld extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'ADDRESS_HELD'
  constructor() {
    super('The vendor still knows another lead under this address')
  }
}

/** Another job is writing to the vendor about this lead. */
export class ContactInHand extends Error {
  readonly errorClass = 'THROTTLED'
  readonly code = 'CONTACT_IN_HAND'
  readonly retryAfterMs = 1_000
  constructor() {
    super('Another job is bringing this vendor up to date with the lead')
  }
}
