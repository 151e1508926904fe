import type { LeadRow } from './lead-row.ts'

/** Why a welcome message is not sent. */
export type SkipReason = 'NO_EMAIL' | 'NO_PHONE' | 'NO_CONSENT'

type Verdict = { send: true } | { send: false; reason: SkipReason }

/** The welcome e-mail answers the lead's own request, so it goes out unless the lead has said no. */
export function emailVerdict(lead: Pick<LeadRow, 'email' | 'emailConsent'>): Verdict {
  if (!lead.email) return { send: false, reason: 'NO_EMAIL' }
  return lead.emailConsent === 'DENIED' ? { send: false, reason: 'NO_CONSENT' } : { send: true }
}

/** WhatsApp asks for an opt-in before the business writes first (Meta's messaging policy). */
export function whatsappVerdict(lead: Pick<LeadRow, 'phone' | 'whatsappConsent'>): Verdict {
  if (!lead.phone) return { send: false, reason: 'NO_PHONE' }
  return lead.whatsappConsent === 'GRANTED' ? { send: true } : { send: false, reason: 'NO_CONSENT' }
}

/** The approved language that suits a locale best: itself, its language, else the first. */
export function templateLanguage(locale: string | null | undefined, approved: readonly string[]): string {
  const wanted = (locale ?? '').replace('-', '_').toLowerCase()
  const exact = approved.find((language) => language.toLowerCase() === wanted)
  const related = approved.find(
    (language) => wanted !== '' && language.toLowerCase().split('_')[0] === wanted.split('_')[0],
  )
  return exact ?? related ?? approved[0]!
}
