import type { LeadRow } from './lead-row.ts'

/** Why a welcome message is not sent. */
export type SkipReason = 'NO_EMAIL' | 'NO_PHONE' | 'NO_CONSENT' | 'SUPPRESSED'

type Verdict = { send: true } | { send: false; reason: SkipReason }

/**
 * Without a yes nothing goes out, unless never having been asked is enough.
 * @param unknownIsYes whether it is; only for the welcome, where the workspace says so
 * @param suppressed whether nothing may be sent to the address (marketing/suppression.ts)
 */
export function emailVerdict(
  lead: Pick<LeadRow, 'email' | 'emailConsent'>,
  suppressed: boolean,
  unknownIsYes = false,
): Verdict {
  if (!lead.email) return { send: false, reason: 'NO_EMAIL' }
  if (!allows(lead.emailConsent, unknownIsYes)) return { send: false, reason: 'NO_CONSENT' }
  return suppressed ? { send: false, reason: 'SUPPRESSED' } : { send: true }
}

/** WhatsApp asks for an opt-in before the business writes first (Meta's messaging policy). */
export function whatsappVerdict(
  lead: Pick<LeadRow, 'phone' | 'whatsappConsent'>,
  suppressed: boolean,
  unknownIsYes = false,
): Verdict {
  if (!lead.phone) return { send: false, reason: 'NO_PHONE' }
  if (!allows(lead.whatsappConsent, unknownIsYes)) return { send: false, reason: 'NO_CONSENT' }
  return suppressed ? { send: false, reason: 'SUPPRESSED' } : { send: true }
}

const allows = (consent: LeadRow['emailConsent'], unknownIsYes: boolean) =>
  consent === 'GRANTED' || (consent === 'UNKNOWN' && unknownIsYes)

/** The approved language that suits a locale best: itself, its language, else the first. */
export function templateLanguage(locale: string | null | undefined, approved: readonly string[]): string {
  const wanted = (locale ?? '').replace('-', '_').toLowerCase()
  const exact = approved.find((language) => language.toLowerCase() === wanted)
  const related = approved.find(
    (language) => wanted !== '' && language.toLowerCase().split('_')[0] === wanted.split('_')[0],
  )
  return exact ?? related ?? approved[0]!
}
