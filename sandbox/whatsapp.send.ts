import { Refusal, type Reply } from './exchange.ts'
import { read } from './shape.ts'
import { codeIn } from './whatsapp.codes.ts'
import { graphError, refuse, refuseIssues } from './whatsapp.errors.ts'
import { type Failure, newWamid, type Phone, phoneOf, type WhatsAppMessage } from './whatsapp.messages.ts'
import { checkParameters } from './whatsapp.parameters.ts'
import { type Person, personBy, waIdOf } from './whatsapp.people.ts'
import { bodyShape, type Kind, kinds, type Order, orderShape, readShape } from './whatsapp.shapes.ts'
import type { Account } from './whatsapp.ts'

type Content = Pick<WhatsAppMessage, 'template' | 'category' | 'language' | 'content'>

/** One door for many bodies: a message of any kind, or `status: read` for a message received. */
export function post(account: Account, phoneId: string, json: unknown): Reply {
  if (!/^\d{5,20}$/.test(phoneId)) throw new Refusal(graphError(100, { subcode: 33 }))
  const body = read(bodyShape, json, refuseIssues)
  if (body.status !== undefined) return markRead(account, body)
  const type = body.type ?? 'text'
  if (typeof type === 'string' && !kinds.some((kind) => kind === type)) {
    refuse(131051, `Message type ${type} is not supported here`)
  }
  return send(account, phoneOf(phoneId), read(orderShape, body, refuseIssues))
}

function markRead({ messages }: Account, body: Record<string, unknown>): Reply {
  const { message_id } = read(readShape, body, refuseIssues)
  return messages.wasReceived(message_id)
    ? { status: 200, body: { success: true } }
    : refuse(131009, `Message ${message_id} was not received by this number`)
}

function send(account: Account, phone: Phone, order: Order): Reply {
  const { people, messages, settings, hook } = account
  const person = personOf(order)
  const content = contentOf(account, order)
  checkRecipient(account, phone, person, content)
  const failure = laterFailure(person, content, order, people)
  if (failure && settings.whatsappRefusesAtOnce && [131047, 131050].includes(failure.code)) {
    refuse(failure.code, failure.details)
  }
  const message: WhatsAppMessage = {
    ...{
      id: newWamid(person),
      at: Date.now(),
      phone,
      to: order.to ?? order.recipient ?? '',
      ...person,
      ...content,
    },
    correlation: order.biz_opaque_callback_data ?? null,
    failure,
  }
  messages.add(message)
  void hook.tellStatuses(message, failure ? ['failed'] : ['sent', 'delivered', 'read'])
  return accepted(message)
}

/** If both a number and a user id are given, the number counts. */
function personOf({ to, recipient }: Order): Person {
  if (to !== undefined) {
    return personBy(waIdOf(to) ?? refuse(131009, 'Parameter to is not a valid phone number'))
  }
  return { waId: null, userId: recipient ?? refuse(131008, 'Parameter to is required') }
}

/** What a message holds; a kind's own field must be there, and no other kind's. */
function contentOf(account: Account, order: Order): Content {
  const type = order.type ?? 'text'
  if (order[type] === undefined) refuse(131008, `Parameter ${type} is required`)
  const foreign = kinds.find((kind) => kind !== type && order[kind] !== undefined)
  if (foreign) refuse(100, `Unexpected key "${foreign}" in a message of type ${type}`)
  if (order.template) return templateContent(account, order.template)
  checkFile(account, type, order)
  const texts = {
    text: order.text?.body,
    reaction: order.reaction?.emoji,
    document: order.document?.filename,
  }
  const file = fileOf(type, order)
  const content = texts[type as keyof typeof texts] ?? file?.id ?? file?.link ?? ''
  return { template: type, category: 'service', language: null, content }
}

function templateContent(account: Account, order: NonNullable<Order['template']>): Content {
  const { name, language, components = [] } = order
  const template = account.templates.usable(name, language.code)
  checkParameters(template, order)
  const texts = components
    .flatMap((each) => each.parameters ?? [])
    .map((each) => each.text ?? each.payload ?? '')
  const category = template.category.toLowerCase() as Content['category']
  return { template: name, category, language: language.code, content: texts.join(' | ') }
}

type FileKind = Exclude<Kind, 'text' | 'template' | 'reaction'>

function fileOf(type: Kind, order: Order): { id?: string; link?: string } | undefined {
  return isFileKind(type) ? order[type] : undefined
}

function isFileKind(type: Kind): type is FileKind {
  return type !== 'text' && type !== 'template' && type !== 'reaction'
}

function checkFile({ media }: Account, type: Kind, order: Order): void {
  if (!isFileKind(type)) return
  const { id, link } = fileOf(type, order) ?? {}
  if ((id === undefined) === (link === undefined))
    refuse(131008, `Parameter ${type} needs either an id or a link`)
  if (id !== undefined) media.check(type, id)
}

/** What is refused at once: the sender as recipient, magic numbers, and more than the two rates allow. */
function checkRecipient(account: Account, phone: Phone, person: Person, { category }: Content): void {
  const { settings, perSecond, pairs } = account
  const { waId, userId } = person
  if (waId === phone.number) refuse(131021, 'Recipient phone number cannot be the sender phone number.')
  if (waId === null && category === 'authentication') refuse(131062, 'Use a phone number for this template.')
  const code = codeIn(waId ?? '', 'at once') ?? (waId?.endsWith('0000') ? 131026 : undefined)
  if (code) refuse(code, code === 131026 ? 'Message Undeliverable.' : 'As the number says.')
  if (!perSecond.arrive(phone.number, settings.whatsappPerSecond).allowed) {
    refuse(130429, 'Cloud API message throughput has been reached.')
  }
  const rule = { gapMs: settings.whatsappPairGapMs, burst: settings.whatsappPairBurst }
  if (pairs.take(`${phone.number} ${userId}`, rule)) return
  const reason =
    'there were too many messages sent from this phone number to the same phone number in a short period of time.'
  refuse(131056, `Message failed to send because ${reason}`)
}

/** Accepted, but reported as failed later. */
function laterFailure(
  person: Person,
  content: Content,
  order: Order,
  people: Account['people'],
): Failure | null {
  const { waId } = person
  const code = codeIn(waId ?? '', 'later') ?? (waId?.endsWith('9999') ? 131026 : undefined)
  if (code) return { code, details: code === 131026 ? 'Message Undeliverable.' : 'As the number says.' }
  if (content.category === 'marketing' && people.hasOptedOut(person)) {
    return { code: 131050, details: 'Recipient has chosen to stop receiving marketing messages on WhatsApp.' }
  }
  if (/\/missing/.test(fileOf(order.type ?? 'text', order)?.link ?? '')) {
    return { code: 131052, details: 'Downloading media from weblink failed with http code 404' }
  }
  return content.category === 'service' && !people.hasOpenWindow(person)
    ? { code: 131047, details: windowClosed }
    : null
}

const windowClosed =
  'Message failed to send because more than 24 hours have passed since the customer last replied to this number.'

function accepted({ id, to, waId, userId, category }: WhatsAppMessage): Reply {
  const contact = waId === null ? { input: to, user_id: userId } : { input: to, wa_id: waId, user_id: userId }
  const messages = [category === 'service' ? { id } : { id, message_status: 'accepted' }]
  return { status: 200, body: { messaging_product: 'whatsapp', contacts: [contact], messages } }
}
