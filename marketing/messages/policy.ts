import type { Em } from '../../entities/index.ts'
import type { LeadRow } from '../lead-row.ts'
import { isSuppressed } from '../suppression.ts'
import { type SkipReason as ConsentReason, emailVerdict, whatsappVerdict } from '../welcome-policy.ts'
import { chooseTemplate, findTemplate, type TemplateProblem } from '../whatsapp/templates.ts'
import { freeTextAllowed, lastWroteAt } from '../whatsapp/window.ts'
import { readWorkspaceSettings } from '../workspace-settings.ts'
import { fillVariables, type MessageRequest } from './request.ts'
import { welcomePurpose } from './send-ledger.ts'

/** Why a message is not sent. */
export type SkipReason =
  | ConsentReason
  | TemplateProblem
  /** The lead does not exist, or was erased. */
  | 'LEAD_GONE'
  /** Free text, and the person last wrote more than 24 hours ago. */
  | 'WINDOW_CLOSED'

/** What is to leave. */
export interface Prepared {
  variables: Record<string, string>
  /** Of the template; WhatsApp alone. */
  language?: string
  /** The text the person reads, where we know it. */
  body?: string
}

export type Decision = { send: true; prepared: Prepared } | { send: false; reason: SkipReason }

const skip = (reason: SkipReason) => ({ send: false, reason }) as const

/**
 * Whether a message may leave now, and if so, with what in it. 1. The lead is there. 2. Its consent and the list of
 * suppressed addresses allow it. 3. WhatsApp's own rules: an approved template with the values it asks for, or an open window.
 */
export async function decide(
  em: Em,
  lead: LeadRow | null,
  request: MessageRequest,
  now: Date,
): Promise<Decision> {
  if (!lead || lead.erasedAt) return skip('LEAD_GONE')
  const { workspaceId } = lead
  const address = request.channel === 'EMAIL' ? lead.email : lead.phone
  const suppressed = await isSuppressed(em, workspaceId, request.channel, address)
  if (request.channel === 'EMAIL') {
    const verdict = emailVerdict(lead, suppressed, await unknownIsYes(em, workspaceId, request))
    if (!verdict.send) return verdict
    return allow(fillVariables(request.template ? request.variables : {}, lead))
  }
  if (request.text !== undefined) return decideText(em, lead, request.text, suppressed, now)
  const verdict = whatsappVerdict(lead, suppressed, await unknownIsYes(em, workspaceId, request))
  return verdict.send ? decideTemplate(em, lead, request) : verdict
}

/** A workspace may let its welcome reach people who were never asked; whatever follows takes their yes. */
async function unknownIsYes(em: Em, workspaceId: string, request: MessageRequest): Promise<boolean> {
  if (request.purpose !== welcomePurpose) return false
  const { unknownConsent } = await readWorkspaceSettings(em, workspaceId)
  return request.channel === 'EMAIL' ? unknownConsent.email : unknownConsent.whatsapp
}

const allow = (variables: Record<string, string>, more: Omit<Prepared, 'variables'> = {}): Decision => ({
  send: true,
  prepared: { variables, ...more },
})

/** Who wrote first may be answered, unless they said that they do not want it. */
async function decideText(
  em: Em,
  lead: LeadRow,
  text: string,
  suppressed: boolean,
  now: Date,
): Promise<Decision> {
  if (!lead.phone) return skip('NO_PHONE')
  if (lead.whatsappConsent === 'DENIED') return skip('NO_CONSENT')
  if (suppressed) return skip('SUPPRESSED')
  if (!freeTextAllowed(await lastWroteAt(em, lead), now)) return skip('WINDOW_CLOSED')
  return allow({}, { body: text })
}

async function decideTemplate(
  em: Em,
  lead: LeadRow,
  request: Extract<MessageRequest, { template: string }>,
): Promise<Decision> {
  const variables = fillVariables(request.variables, lead)
  const known = await findTemplate(em, lead.workspaceId, request.template)
  const choice = chooseTemplate(known, lead.locale, request.languages, variables)
  return 'problem' in choice ? skip(choice.problem) : allow(variables, choice)
}
