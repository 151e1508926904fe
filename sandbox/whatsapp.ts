/** WhatsApp Cloud API: sends messages and reports what became of them (integrations.md 5). */
import { bearer, type Call, Refusal, type Reply, type VendorApi } from './exchange.ts'
import { dispatch, on } from './routes.ts'
import type { Settings } from './settings.ts'
import { read } from './shape.ts'
import type { Courier, Webhooks } from './webhooks.ts'
import { describePhone, templatePage } from './whatsapp.account.ts'
import { failure, graphError, refuse, refuseIssues } from './whatsapp.errors.ts'
import type { WhatsAppMessage } from './whatsapp.messages.ts'
import { createMessages, laterFailure, newWamid, phoneOf, waIdOf } from './whatsapp.messages.ts'
import {
  bodyShape,
  readShape,
  type TemplateOrder,
  type TextOrder,
  templateShape,
  textShape,
} from './whatsapp.shapes.ts'
import { checkParameters, createTemplates, type TemplateAddition } from './whatsapp.templates.ts'
import { createWhatsAppHook } from './whatsapp.webhooks.ts'
import { createWindow } from './window.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type World = Surroundings & {
  messages: ReturnType<typeof createMessages>
  templates: ReturnType<typeof createTemplates>
  hook: ReturnType<typeof createWhatsAppHook>
  perSecond: ReturnType<typeof createWindow>
  perPair: ReturnType<typeof createWindow>
}

const PAIR_WINDOW_MS = 6000

export function createWhatsApp(
  around: Surroundings,
): VendorApi & { addTemplate(template: TemplateAddition): void } {
  const world: World = {
    ...around,
    messages: createMessages(),
    templates: createTemplates(),
    hook: createWhatsAppHook(around),
    perSecond: createWindow(1000),
    perPair: createWindow(PAIR_WINDOW_MS),
  }
  const routes = [
    on('POST', '/v\\d+\\.\\d+/:phone/messages', (call, phone) => post(world, phone!, parsed(call.body))),
    on('GET', '/v\\d+\\.\\d+/:waba/message_templates', (call) =>
      templatePage(world.templates.all(), call.query),
    ),
    on('GET', '/v\\d+\\.\\d+/:phone', (call, phone) => describePhone(phone!, call.query)),
  ]
  const unknown = () =>
    graphError(100, { message: 'Unsupported request - no such object or edge', subcode: 33 })

  return {
    handle(call) {
      authenticate(call)
      return dispatch(routes, call, { notFound: unknown, notAllowed: unknown })
    },
    failure,
    credential: (call) => bearer(call.headers),
    addTemplate: world.templates.add,
    act: (event) => receive(world, event),
    state: () => ({
      templates: world.templates.all().map(({ name, language }) => `${name} (${language})`),
      messagesByRecipient: Object.groupBy(world.messages.all(), (message) => message.waId),
    }),
    sends: world.messages.sends,
  }
}

function authenticate(call: Call): void {
  const token = bearer(call.headers)
  if (token.startsWith('expired')) {
    const message = 'Error validating access token: Session has expired.'
    throw new Refusal(graphError(190, { message, subcode: 463 }))
  }
  if (token === '' || token.startsWith('bad')) throw new Refusal(graphError(190))
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return refuse(100, 'The request body is not valid JSON')
  }
}

/** One door for three bodies: a template, a text, or `status: read` for a message received. */
function post(world: World, phoneId: string, json: unknown): Reply {
  if (!/^\d{5,20}$/.test(phoneId)) throw new Refusal(graphError(100, { subcode: 33 }))
  const body = read(bodyShape, json, refuseIssues)
  if (body.status !== undefined) return markRead(world, body)
  const type = body.type ?? 'text'
  if (type === 'text') return sendText(world, phoneId, read(textShape, body, refuseIssues))
  if (type === 'template') return sendTemplate(world, phoneId, read(templateShape, body, refuseIssues))
  return refuse(
    typeof type === 'string' ? 131051 : 131009,
    `Message type ${String(type)} is not supported here`,
  )
}

function markRead({ messages }: World, body: Record<string, unknown>): Reply {
  const { message_id } = read(readShape, body, refuseIssues)
  return messages.wasReceived(message_id)
    ? { status: 200, body: { success: true } }
    : refuse(131009, `Message ${message_id} was not received by this number`)
}

function sendText(world: World, phoneId: string, order: TextOrder): Reply {
  return send(world, phoneId, order, { template: 'text', language: null, content: order.text.body })
}

function sendTemplate(world: World, phoneId: string, order: TemplateOrder): Reply {
  const { name, language, components = [] } = order.template
  checkParameters(world.templates.find(name, language.code), order.template)
  const texts = components.flatMap((each) => each.parameters ?? []).map((each) => each.text ?? '')
  return send(world, phoneId, order, { template: name, language: language.code, content: texts.join(' | ') })
}

type Content = Pick<WhatsAppMessage, 'template' | 'language' | 'content'>

function send(world: World, phoneId: string, order: TextOrder | TemplateOrder, content: Content): Reply {
  const phone = phoneOf(phoneId)
  const waId = waIdOf(order.to)
  checkRecipient(world, phone.number, waId)
  const message: WhatsAppMessage = {
    id: newWamid(waId),
    at: Date.now(),
    phone,
    to: order.to,
    waId,
    ...content,
    correlation: order.biz_opaque_callback_data ?? null,
    failure: laterFailure(waId, content.template, world.messages.hasOpenWindow(waId)),
  }
  world.messages.add(message)
  void world.hook.tellStatuses(message, message.failure ? ['failed'] : ['sent', 'delivered', 'read'])
  return accepted(message)
}

function checkRecipient({ settings, perSecond, perPair }: World, sender: string, waId: string): void {
  if (waId === sender) refuse(131021, 'Recipient phone number cannot be the sender phone number.')
  if (waId.endsWith('0000')) refuse(131026, 'Message Undeliverable.')
  if (perSecond.hit(sender, settings.whatsappPerSecond) < 0) {
    refuse(130429, 'Cloud API message throughput has been reached.')
  }
  if (perPair.hit(`${sender} ${waId}`, settings.whatsappPairBurst) >= 0) return
  const reason =
    'there were too many messages sent from this phone number to the same phone number in a short period of time.'
  refuse(131056, `Message failed to send because ${reason}`)
}

function accepted({ id, to, waId, template }: WhatsAppMessage): Reply {
  const messages = [template === 'text' ? { id } : { id, message_status: 'accepted' }]
  return {
    status: 200,
    body: { messaging_product: 'whatsapp', contacts: [{ input: to, wa_id: waId }], messages },
  }
}

/** A person writes: opens the service window and reaches the webhook. */
function receive({ messages, hook }: World, event: Record<string, unknown>): string | null {
  const { type, from, text = 'Hello', phoneNumberId = '106540352242922', name = 'Sandbox Person' } = event
  if (type !== 'message') return 'type is message'
  if (typeof from !== 'string' || !/^\d{7,15}$/.test(from)) return 'from is the digits of a phone number'
  const id = messages.receive(from)
  const timestamp = String(Math.floor(Date.now() / 1000))
  void hook.tell(0, () => ({
    phone: phoneOf(String(phoneNumberId)),
    value: {
      contacts: [{ profile: { name }, wa_id: from }],
      messages: [{ from, id, timestamp, type: 'text', text: { body: text } }],
    },
  }))
  return null
}
