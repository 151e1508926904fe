import type { Em } from '../../entities/index.ts'
import { type Channel, channels } from '../../entities/message.ts'
import type { LeadRow } from '../lead-row.ts'
import { type RecordedConsent, recordConsents } from './history.ts'
import { type ConsentFields, type ConsentOrigin, consentColumns } from './statement.ts'

/** The consent a lead is created with. */

/** What is said of a new lead's consent beside the consent itself. */
export interface FirstConsent extends ConsentOrigin {
  /** When the person said it. Default: when the lead is created. */
  at?: Date | undefined
}

/** Names of the columns of a lead's consent, in the order of `firstConsentValues`. */
export const firstConsentColumns = [
  'email_consent',
  'email_consent_at',
  'whatsapp_consent',
  'whatsapp_consent_at',
] as const

export const firstConsentValues = (lead: ConsentFields): unknown[] => [
  lead.emailConsent,
  lead.emailConsentAt,
  lead.whatsappConsent,
  lead.whatsappConsentAt,
]

/** When a new lead's consents were given. */
export function firstConsentTimes(
  { emailConsent, whatsappConsent }: Pick<ConsentFields, 'emailConsent' | 'whatsappConsent'>,
  at: Date,
): Pick<ConsentFields, 'emailConsentAt' | 'whatsappConsentAt'> {
  return {
    emailConsentAt: emailConsent === 'UNKNOWN' ? null : at,
    whatsappConsentAt: whatsappConsent === 'UNKNOWN' ? null : at,
  }
}

/** Begins the consent histories of leads that were just created. */
export function recordFirstConsents(
  em: Em,
  created: readonly { lead: LeadRow; origin: ConsentOrigin; correlationId: string }[],
  now: Date,
): Promise<void> {
  const lines = created.flatMap(({ lead, origin, correlationId }) =>
    channels.flatMap((channel) => firstLine(lead, channel, { ...origin, correlationId })),
  )
  return recordConsents(em, lines, now)
}

function firstLine(
  lead: LeadRow,
  channel: Channel,
  origin: ConsentOrigin & { correlationId: string },
): RecordedConsent[] {
  const { state, at: time } = consentColumns[channel]
  const { [state]: to, [time]: at } = lead
  if (to === 'UNKNOWN' || !at) return []
  const { id: leadId, workspaceId } = lead
  return [{ ...origin, leadId, workspaceId, channel, from: 'UNKNOWN', to, at }]
}
