// Messages to people. There is no idempotency key: a lost answer is resolved by the status webhook, which carries our
// callback data.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { notSent } from './errors.ts'
import type { Graph } from './graph.ts'
import type {
  MediaSource,
  SendWhatsappMediaInput,
  SendWhatsappTemplateInput,
  SendWhatsappTextInput,
  SentWhatsapp,
  TemplateHeader,
  Whatsapp,
} from './verbs.ts'

const MAX_TEXT = 4_096
const MAX_CAPTION = 1_024

export function messageVerbs(
  graph: Graph,
): Pick<Whatsapp, 'sendTemplate' | 'sendText' | 'sendMedia' | 'markRead'> {
  return {
    sendTemplate: (input, context) => sendTemplate(graph, input, context),
    sendText: (input, context) => sendText(graph, input, context),
    sendMedia: (input, context) => sendMedia(graph, input, context),
    markRead: (messageId, context) => markRead(graph, messageId, context),
  }
}

/** What the kinds of message have in common. */
type Addressed = Pick<SendWhatsappTextInput, 'to' | 'recipient' | 'callbackData' | 'replyTo'>

interface Content {
  operation: string
  /** `type` and the member of that name. */
  body: Record<string, unknown>
  /** What is in it of the person. */
  personal: (string | undefined)[]
}

const Accepted = z.object({
  contacts: z.array(z.object({ wa_id: z.string().nullish(), user_id: z.string().nullish() })).catch([]),
  messages: z.tuple([z.object({ id: z.string(), message_status: z.string().catch('accepted') })]),
})

async function send(
  graph: Graph,
  input: Addressed,
  content: Content,
  context: CallContext,
): Promise<SentWhatsapp> {
  const to = input.to?.replace(/\D/g, '')
  const { contacts, messages } = await graph.call(
    {
      operation: content.operation,
      method: 'POST',
      path: graph.path(graph.settings.phoneNumberId, 'messages'),
      body: {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to,
        recipient: input.recipient,
        ...content.body,
        context: input.replyTo && { message_id: input.replyTo },
        biz_opaque_callback_data: input.callbackData,
      },
      repeatable: false,
      answer: Accepted,
      personal: [to, input.recipient, ...content.personal],
      recipient: to ?? input.recipient ?? '',
    },
    context,
  )
  const [{ id, message_status: status }] = messages
  const [contact] = contacts
  return {
    messageId: id,
    waId: contact?.wa_id ?? to,
    userId: contact?.user_id ?? input.recipient,
    status,
  }
}

function sendTemplate(
  graph: Graph,
  input: SendWhatsappTemplateInput,
  context: CallContext,
): Promise<SentWhatsapp> {
  const { header, urlButtons = [] } = input
  const components = [
    ...(header ? [{ type: 'header', parameters: [headerParameter(header)] }] : []),
    ...bodyComponent(input.bodyParameters),
    ...urlButtons.map(({ index, text }) => urlButton(index, text)),
  ]
  const template = {
    name: input.template,
    // The only policy there is, and optional; Meta's published description demands it.
    language: { code: input.language, policy: 'deterministic' },
    components: components.length > 0 ? components : undefined,
  }
  const personal = [
    ...(header ? ('kind' in header ? [header.link, header.fileName] : [header.text]) : []),
    ...Object.values(input.bodyParameters),
    ...urlButtons.map(({ text }) => text),
  ]
  return send(
    graph,
    input,
    { operation: 'sendTemplate', body: { type: 'template', template }, personal },
    context,
  )
}

function bodyComponent(values: SendWhatsappTemplateInput['bodyParameters']): object[] {
  const inOrder = Array.isArray(values)
  const parameters = Object.entries(values).map(([name, text]) =>
    textParameter(text, inOrder ? undefined : name),
  )
  return parameters.length > 0 ? [{ type: 'body', parameters }] : []
}

function headerParameter(header: TemplateHeader): object {
  if (!('kind' in header)) return textParameter(header.text, header.parameterName)
  return { type: header.kind, [header.kind]: mediaObject(header, { filename: header.fileName }) }
}

/** WhatsApp refuses line breaks, tabs and five spaces in a row, and people's names come from forms. */
function textParameter(value: string, parameter_name: string | undefined): object {
  return { type: 'text', parameter_name, text: value.replace(/\s+/g, ' ').trim() }
}

function urlButton(index: number, text: string): object {
  return { type: 'button', sub_type: 'url', index: String(index), parameters: [{ type: 'text', text }] }
}

async function sendText(
  graph: Graph,
  input: SendWhatsappTextInput,
  context: CallContext,
): Promise<SentWhatsapp> {
  const { text, previewUrl = false } = input
  const operation = 'sendText'
  if (text.trim() === '') throw notSent(operation, 'TEXT_LENGTH', 'the text is empty')
  checkLength(operation, 'TEXT_LENGTH', text, MAX_TEXT)
  const body = { type: 'text', text: { body: text, preview_url: previewUrl } }
  return send(graph, input, { operation, body, personal: [text] }, context)
}

async function sendMedia(
  graph: Graph,
  input: SendWhatsappMediaInput,
  context: CallContext,
): Promise<SentWhatsapp> {
  const operation = 'sendMedia'
  const caption = input.kind === 'audio' ? undefined : input.caption
  const filename = input.kind === 'document' ? input.fileName : undefined
  checkLength(operation, 'CAPTION_LENGTH', caption ?? '', MAX_CAPTION)
  const body = { type: input.kind, [input.kind]: mediaObject(input, { caption, filename }) }
  return send(graph, input, { operation, body, personal: [input.link, caption, filename] }, context)
}

function mediaObject({ id, link }: MediaSource, about: { caption?: unknown; filename?: unknown }): object {
  return { id, link, ...about }
}

/** Counts characters as people do, an emoji as one: whatever WhatsApp counts, it takes no more than that. */
function checkLength(operation: string, code: string, text: string, max: number): void {
  if ([...text].length > max) throw notSent(operation, code, `more than ${max} characters`)
}

async function markRead(graph: Graph, messageId: string, context: CallContext): Promise<void> {
  await graph.call(
    {
      operation: 'markRead',
      method: 'POST',
      path: graph.path(graph.settings.phoneNumberId, 'messages'),
      body: { messaging_product: 'whatsapp', status: 'read', message_id: messageId },
      repeatable: true,
      answer: z.object({ success: z.literal(true) }),
    },
    context,
  )
}
