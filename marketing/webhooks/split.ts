import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { AccountIds } from './account.ts'

/** Vendors report many events at once. Here a body becomes single events, each with what makes it one. */

export interface ReportedEvent {
  /** The same for every report of the same event; kept as a hash only. */
  identity: readonly unknown[]
  /** The account it is about, as far as the vendor says. */
  about: AccountIds
  /** What is to be done about it is read from this alone. */
  body: string
}

/** The body is not what the vendor documents, although its signature is right. */
export class UnreadableBody extends Error {
  constructor() {
    super('The body is not of the form the vendor documents')
  }
}

type Json = { [name: string]: unknown }

/**
 * @param signed what the vendor signed: Mandrill's events as JSON, else the body
 * @throws UnreadableBody
 */
export function splitBody(vendor: WebhookVendor, signed: string): ReportedEvent[] {
  return splitters[vendor](signed)
}

const splitters: Record<WebhookVendor, (text: string) => ReportedEvent[]> = {
  mailchimp: splitMailchimp,
  mandrill: splitMandrill,
  whatsapp: splitWhatsapp,
  hubspot: splitHubspot,
  twenty: splitTwenty,
}

/** One form per event, without an id of its own. Mailchimp tests a new address with an empty one. */
function splitMailchimp(text: string): ReportedEvent[] {
  const form = new URLSearchParams(text)
  const type = form.get('type')
  if (!type) return []
  const identity = [type, form.get('data[id]'), form.get('fired_at'), text]
  return [{ identity, about: { audienceId: idOf(form.get('data[list_id]')) }, body: text }]
}

/** At most 1000 events. `_id` is the message's, so it takes more to tell events apart. */
function splitMandrill(text: string): ReportedEvent[] {
  return objectsIn(jsonOf(text)).map((event) => ({
    identity: event.event ? [event.event, event._id, event.ts, event.url ?? null] : ['sync', event],
    about: {},
    body: JSON.stringify(event),
  }))
}

/** entry × changes × messages and statuses; what is neither is kept as it is. */
function splitWhatsapp(text: string): ReportedEvent[] {
  return objectsIn(objectIn(jsonOf(text)).entry).flatMap((entry) =>
    objectsIn(entry.changes).flatMap((change) => {
      const value = objectIn(change.value)
      const phoneNumberId = objectIn(value.metadata).phone_number_id
      const about = { wabaId: idOf(entry.id), phoneNumberId: idOf(phoneNumberId) ?? '' }
      if (change.field !== 'messages') {
        const identity = ['change', entry.id, entry.time, change]
        return [
          { identity, about: { wabaId: about.wabaId }, body: JSON.stringify({ change, time: entry.time }) },
        ]
      }
      const statuses = objectsIn(value.statuses).map((status) => ({
        identity: ['status', status.id, status.status],
        about,
        body: JSON.stringify({ phoneNumberId, status }),
      }))
      const messages = objectsIn(value.messages).map((message) => ({
        identity: ['message', message.id],
        about,
        body: JSON.stringify({ phoneNumberId, contact: contactOf(value, message), message }),
      }))
      return [...statuses, ...messages]
    }),
  )
}

function contactOf(value: Json, message: Json): Json | undefined {
  const contacts = objectsIn(value.contacts)
  if (contacts.length === 1) return contacts[0]
  const same = (one: unknown, other: unknown) => one !== undefined && one === other
  return contacts.find(
    ({ wa_id, user_id }) => same(wa_id, message.from) || same(user_id, message.from_user_id),
  )
}

/** At most 100 events; `eventId` alone is not promised to be unique. */
function splitHubspot(text: string): ReportedEvent[] {
  return objectsIn(jsonOf(text)).map((event) => ({
    identity: [event.subscriptionId, event.eventId, event.occurredAt, event.objectId],
    about: { portalId: idOf(event.portalId) },
    body: JSON.stringify(event),
  }))
}

/** One event; its server adds the workspace to what the documentation shows. */
function splitTwenty(text: string): ReportedEvent[] {
  const { workspaceId } = objectIn(jsonOf(text))
  return [{ identity: [text], about: { workspaceId: idOf(workspaceId) }, body: text }]
}

/** An account's id in a form that can be compared and logged; undefined when it is none. */
function idOf(value: unknown): string | undefined {
  const id = typeof value === 'number' ? String(value) : value
  return typeof id === 'string' && /^[\w-]{1,80}$/.test(id) ? id : undefined
}

/** @throws UnreadableBody */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message repeats the text.
    throw new UnreadableBody()
  }
}

function objectIn(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {}
}

/** The objects of an array; a single one counts as an array of one, anything else is passed over. */
function objectsIn(value: unknown): Json[] {
  return [value].flat().filter((each): each is Json => each !== null && typeof each === 'object')
}
