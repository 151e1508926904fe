import type { ConsentSource } from '../../entities/consent-event.ts'
import type { ConsentState, Lead } from '../../entities/lead.ts'
import type { Channel } from '../../entities/message.ts'

/** Where a statement about consent comes from; kept in the history beside it. */
export interface ConsentOrigin {
  source: ConsentSource
  /** The vendor that reported it; with source VENDOR. */
  vendor?: string | undefined
  apiKeyId?: string | undefined
  /** The text the person was shown. */
  wording?: string | undefined
}

/** What a person said about being written to on one channel. */
export interface ConsentStatement extends ConsentOrigin {
  channel: Channel
  consent: ConsentState
  /** When the person said it. Left out: just now, so it is newer than whatever is known. */
  at?: Date | undefined
  jobId?: string | undefined
  correlationId: string
}

/** What a statement changed. `from` equals `to` when the person said the same again, later. */
export interface ConsentChange {
  from: ConsentState
  to: ConsentState
  at: Date
}

/** The columns that hold the current consent of a channel. */
export const consentColumns = {
  EMAIL: { state: 'emailConsent', at: 'emailConsentAt' },
  WHATSAPP: { state: 'whatsappConsent', at: 'whatsappConsentAt' },
} as const satisfies Record<Channel, { state: keyof Lead; at: keyof Lead }>

export type ConsentFields = Pick<
  Lead,
  'emailConsent' | 'emailConsentAt' | 'whatsappConsent' | 'whatsappConsentAt'
>

/**
 * The rule of the newest wish. Of two statements the one that was made later holds, in whatever order they arrive; of two
 * made in the same second, the no. A statement that repeats what is known counts only if it adds something: a later
 * time, or the text the person was shown.
 * @returns the time to keep with the statement; undefined when it changes nothing
 */
export function timeOfNewest(lead: ConsentFields, statement: ConsentStatement, now: Date): Date | undefined {
  const { state, at } = consentColumns[statement.channel]
  const [known, knownAt] = [lead[state], lead[at] ?? undefined]
  const repeats = known === statement.consent
  if (!statement.at) {
    if (repeats && statement.wording === undefined) return undefined
    return knownAt && knownAt >= now ? new Date(endOfSecond(knownAt).getTime() + 1) : now
  }
  if (!knownAt) return statement.at
  const isNewer = repeats ? statement.at > knownAt : isLater(statement.consent, statement.at, known, knownAt)
  return isNewer ? statement.at : undefined
}

function isLater(consent: ConsentState, at: Date, known: ConsentState, knownAt: Date): boolean {
  if (consent === 'DENIED') return endOfSecond(at) >= knownAt
  return at > (known === 'DENIED' ? endOfSecond(knownAt) : knownAt)
}

/** Vendors tell the second something happened in, we its milliseconds: a no counts to the end of its second. */
export function endOfSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000 + 999)
}
