import { anything, flag, number, type Of, object, record, type Shape, text } from './shape.ts'
import { contentOf, inboundKinds } from './whatsapp.inbound.ts'
import { newWamid, PHONE_ID, phoneOf } from './whatsapp.messages.ts'
import { type Person, personBy, waIdOf } from './whatsapp.people.ts'
import { templateStatuses } from './whatsapp.template-shapes.ts'
import type { Account } from './whatsapp.ts'
import { aboutMessages } from './whatsapp.webhooks.ts'

const digits = text({ pattern: /^\+?[1-9]\d{6,14}$/, message: 'is the digits of a phone number' })
const userId = text({ pattern: /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/ })

/** What people and Meta do, by `type`; the bodies of `POST /_sandbox/events`. */
const eventShapes = {
  message: object(
    {},
    {
      ...{ from: digits, userId, hidden: flag, name: text(), username: text(), phoneNumberId: text() },
      ...{
        kind: text({ oneOf: inboundKinds }),
        text: text(),
        replyTo: text(),
        emoji: text(),
        payload: text(),
      },
      ...{ mime: text(), base64: text(), id: text({ pattern: /^wamid\./ }) },
    },
  ),
  numberChanged: object({ from: digits, to: digits }, { name: text(), phoneNumberId: text() }),
  optOut: object({}, { from: digits, userId }),
  optIn: object({}, { from: digits, userId }),
  status: object({ id: text(), status: text() }, { code: number }),
  templateStatus: object(
    { name: text(), status: text({ oneOf: templateStatuses }) },
    { language: text(), reason: text() },
  ),
  webhook: object({ field: text(), value: record(anything) }),
}
type Shapes = typeof eventShapes
type EventOf<T extends keyof Shapes> = Of<Shapes[T]>
type Acts = { [T in keyof Shapes]: (account: Account, event: EventOf<T>) => string | null }

const acts: Acts = {
  message: receive,
  numberChanged: changeNumber,
  optOut: ({ people }, event) => withPerson(event, people.optOut),
  optIn: ({ people }, event) => withPerson(event, people.optIn),
  status: tellStatus,
  templateStatus: setTemplateStatus,
  webhook: ({ hook }, { field, value }) => told(hook.tell(0, () => ({ field, value }))),
}

/** null = done, a text = why not. */
export function act(account: Account, { type, ...event }: Record<string, unknown>): string | null {
  const name = String(type)
  if (!Object.hasOwn(acts, name)) return `type is one of ${Object.keys(acts).join(', ')}`
  return run(account, name as keyof Shapes, event)
}

function run<T extends keyof Shapes>(account: Account, type: T, event: unknown): string | null {
  const shape = eventShapes[type] as Shape<EventOf<T>>
  const [problem] = shape.check(event, [])
  if (problem) return `${problem.path.join('.')} ${problem.message}`
  const step: Acts[T] = acts[type]
  return step(account, event as EventOf<T>)
}

function told(_promise: Promise<void>): null {
  return null
}

function personOf({ from, userId }: { from?: string; userId?: string }): Person | undefined {
  const waId = from === undefined ? undefined : waIdOf(from)
  if (waId !== undefined) return { ...personBy(waId), ...(userId === undefined ? {} : { userId }) }
  return userId === undefined ? undefined : { waId: null, userId }
}

function withPerson(
  event: { from?: string; userId?: string },
  step: (person: Person) => void,
): string | null {
  const person = personOf(event)
  if (!person) return 'from or userId is required'
  step(person)
  return null
}

/** A person writes: opens the service window and reaches the webhook; `hidden` leaves the number out (5.9). */
function receive(account: Account, event: EventOf<'message'>): string | null {
  const person = personOf(event)
  if (!person) return 'from or userId is required'
  const { name = 'Sandbox Person', username, hidden = false, phoneNumberId = PHONE_ID, replyTo } = event
  const phone = phoneOf(phoneNumberId)
  const id = event.id ?? newWamid(person)
  account.people.wrote(person)
  account.messages.receive(id)
  const isHidden = hidden || person.waId === null
  const contact = {
    profile: { name, ...(username === undefined ? {} : { username }) },
    ...(isHidden ? {} : { wa_id: person.waId }),
    user_id: person.userId,
  }
  const message = {
    ...(isHidden ? {} : { from: person.waId }),
    ...{ from_user_id: person.userId, id, timestamp: String(Math.floor(Date.now() / 1000)) },
    ...(replyTo === undefined ? {} : { context: { from: phone.number, id: replyTo } }),
    ...contentOf(account, phone, event),
  }
  return told(account.hook.tell(0, () => aboutMessages(phone, { contacts: [contact], messages: [message] })))
}

/** A person takes a new number: the user id changes with it. */
function changeNumber(account: Account, event: EventOf<'numberChanged'>): string | null {
  const [from, to] = [waIdOf(event.from) ?? '', waIdOf(event.to) ?? '']
  const { name = 'Sandbox Person', phoneNumberId = PHONE_ID } = event
  const next = personBy(to)
  const body = `User ${name} changed from ${from} to ${to}`
  const system = { body, wa_id: to, user_id: next.userId, type: 'user_changed_number' }
  const timestamp = String(Math.floor(Date.now() / 1000))
  const message = { from, id: newWamid(next), timestamp, type: 'system', system }
  return told(account.hook.tell(0, () => aboutMessages(phoneOf(phoneNumberId), { messages: [message] })))
}

/** Tells one more status of a message, or one that comes late; `code` gives a failure its reason. */
function tellStatus({ messages, hook }: Account, { id, status, code }: EventOf<'status'>): string | null {
  const message = messages.get(id)
  if (!message) return `no message has the id ${id}`
  if (code !== undefined) message.failure = { code, details: 'As ordered.' }
  return told(hook.tellStatuses(message, [status]))
}

function setTemplateStatus({ templates, hook }: Account, event: EventOf<'templateStatus'>): string | null {
  const { name, language, status, reason = 'NONE' } = event
  const changed = templates.setStatus(name, language, status)
  if (changed.length === 0) return `no template has the name ${name}${language ? ` in ${language}` : ''}`
  for (const template of changed) {
    const about = { message_template_id: Number(template.id), message_template_name: name }
    const value = { event: status, ...about, message_template_language: template.language, reason }
    void hook.tell(0, () => ({ field: 'message_template_status_update', value }))
  }
  return null
}
