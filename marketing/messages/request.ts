import type { Channel, MessageContent, MessageVariable } from '../../entities/message.ts'
import { type InputIssue, InvalidInputError } from '../../ledger/errors.ts'
import type { LeadRow } from '../lead-row.ts'
import type { MessageKey, MessageRow } from './send-ledger.ts'

/** A message that somebody wants to be sent. */
export type MessageRequest = Addressed & (TemplateContent | TextContent)

interface Addressed {
  leadId: string
  channel: Channel
  /** Why it is sent, e.g. `appointment-reminder`. Statistics count by it. */
  purpose: string
  /**
   * Tells repeats of one purpose apart, e.g. the id of the appointment: of each there is one message to a lead, however
   * often it is asked for. An id or a date, never personal. Default `1`: once in a lead's life.
   */
  occurrence?: string
}

interface TemplateContent {
  /** Its name at Mandrill or WhatsApp, or of the mail server's template file. */
  template: string
  /**
   * For WhatsApp: languages the template may be sent in; the one that suits the lead's locale best is taken, else the
   * first. Default: those it is approved in, as the last sync of the templates knows it.
   */
  languages?: readonly string[]
  /** Values by the name of the placeholder; WhatsApp's numbered ones by their number. Kept and erased with the lead. */
  variables?: Readonly<Record<string, MessageVariable>>
  text?: undefined
}

/** WhatsApp alone, and only for 24 hours after the person last wrote. */
interface TextContent {
  template?: undefined
  /** At most 4,096 characters. Kept and erased with the lead. */
  text: string
}

/** Which message a request means. */
export function keyOf({ leadId, purpose, channel, occurrence = '1' }: MessageRequest): MessageKey {
  return { leadId, purpose, channel, occurrence }
}

const purposeForm = /^[a-z][a-z0-9._-]{0,62}$/
const occurrenceForm = /^[\x21-\x7e]{1,64}$/

/** @throws InvalidInputError for what no message can be made of; the job that asks for it is at fault */
export function checkRequest({ channel, purpose, occurrence = '1', ...content }: MessageRequest): void {
  const issues: InputIssue[] = []
  const expect = (holds: boolean, path: string, message: string) => {
    if (!holds) issues.push({ path, message })
  }
  expect(purposeForm.test(purpose), 'purpose', 'expected a word of small letters, digits, dots and dashes')
  expect(occurrenceForm.test(occurrence), 'occurrence', 'expected 1 to 64 ASCII characters without spaces')
  const only = (content.template === undefined) !== (content.text === undefined)
  expect(only, 'template', 'expected either a template or a text')
  expect(content.text === undefined || channel === 'WHATSAPP', 'text', 'an e-mail needs a template')
  if (issues.length > 0) throw new InvalidInputError(issues)
}

/** What is kept of a request, to send it again. */
export function contentOf(request: MessageRequest): MessageContent {
  if (request.template === undefined) return { text: request.text }
  const { template, languages, variables = {} } = request
  return { template, variables, ...(languages && { languages }) }
}

/** The request a message was sent by; undefined when what it takes was erased, or never kept. */
export function requestOf(message: MessageRow): MessageRequest | undefined {
  const { content, leadId, channel, purpose, occurrence } = message
  const addressed = { leadId, channel, purpose, occurrence }
  if (content?.text !== undefined) return { ...addressed, text: content.text }
  if (content?.template === undefined) return undefined
  const { template, variables = {}, languages } = content
  return { ...addressed, template, variables, ...(languages && { languages }) }
}

/** Variables with what the lead's row says now. */
export function fillVariables(
  variables: Readonly<Record<string, MessageVariable>> | undefined,
  lead: LeadRow,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables ?? {}).map(([name, value]) => [name, fillVariable(value, lead)]),
  )
}

function fillVariable(value: MessageVariable, lead: LeadRow): string {
  if (typeof value === 'string') return value
  const known = [value.lead].flat().map((field) => fieldOf(lead, field))
  return known.find((each) => each !== undefined) ?? value.or ?? ''
}

const custom = 'customFields.'

function fieldOf(lead: LeadRow, field: string): string | undefined {
  const found = field.startsWith(custom)
    ? lead.customFields[field.slice(custom.length)]
    : (lead as unknown as Record<string, unknown>)[field]
  return typeof found === 'string' && found !== '' ? found : undefined
}
