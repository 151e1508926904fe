import type { FactMetric } from '../../entities/fact.ts'
import { kindOfId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { LeadEventType } from '../../entities/lead-event.ts'
import type { DeliveryState } from '../../entities/message.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { normaliseEmail } from '../identity.ts'
import { recordDelivery } from '../messages/delivery.ts'
import type { MessageRow } from '../messages/send-ledger.ts'
import { suppress } from '../suppression.ts'
import { type Cause, NotKnownYet, statementOf } from './cause.ts'
import { isMachine } from './machine.ts'
import { applyDenyList, denyReasons } from './mandrill-deny-list.ts'
import { countMessage, deliveredAt, tellOnce } from './message-facts.ts'
import { fields, seconds, text, vendorId } from './read.ts'

/** Mandrill's events (https://mailchimp.com/developer/transactional/docs/webhooks/). */

interface Meaning {
  /** What it proves about the message. Mandrill knows no "read" of a person: an open may be a machine's. */
  delivery: DeliveryState
  metric: FactMetric
  /** What it says about the address, whoever the message was from. */
  suppression?: SuppressionReason
  /** How the timeline tells of it, once per message. */
  touch?: { kind: 'open' | 'click'; told: LeadEventType }
}

const meanings: Record<string, Meaning> = {
  send: { delivery: 'SENT', metric: 'SENT' },
  delivered: { delivery: 'DELIVERED', metric: 'DELIVERED' },
  hard_bounce: { delivery: 'FAILED', metric: 'BOUNCED', suppression: 'HARD_BOUNCE' },
  soft_bounce: { delivery: 'FAILED', metric: 'BOUNCED' },
  reject: { delivery: 'FAILED', metric: 'FAILED' },
  open: { delivery: 'DELIVERED', metric: 'OPENED', touch: { kind: 'open', told: 'MESSAGE_OPENED' } },
  click: { delivery: 'DELIVERED', metric: 'CLICKED', touch: { kind: 'click', told: 'MESSAGE_CLICKED' } },
  spam: { delivery: 'DELIVERED', metric: 'COMPLAINED', suppression: 'COMPLAINT' },
  unsub: { delivery: 'DELIVERED', metric: 'UNSUBSCRIBED', suppression: 'UNSUBSCRIBED' },
}

const shape = fields({
  event: text,
  type: text,
  _id: vendorId,
  ts: seconds,
  url: text,
  user_agent: text,
  msg: fields({
    ts: seconds,
    email: text,
    metadata: fields({ delivery_id: vendorId }),
    reject: fields({ reason: text }),
  }),
})
type Event = ReturnType<typeof shape.parse>

/** Applies one event; whether anything follows from it. @throws NotKnownYet */
export async function applyMandrill(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const event = shape.parse(body)
  if (event.type) return applyDenyList(em, body, cause)
  const meaning = meanings[event.event ?? '']
  if (!meaning || !event._id || !event.ts) return false
  const message = await deliver(em, event, meaning, cause)
  if (!message && cause.mayWait && mayBeOurs(event)) throw new NotKnownYet()
  const suppressed = await suppressAddress(em, event, meaning, cause)
  if (message) await count(em, event, meaning, message)
  return suppressed || message !== undefined
}

function deliver(em: Em, event: Event, { delivery }: Meaning, cause: Cause): Promise<MessageRow | undefined> {
  return recordDelivery(em, {
    workspaceId: cause.workspaceId,
    provider: 'mandrill',
    messageId: event.msg.metadata.delivery_id,
    providerMessageId: event._id!,
    delivery,
    at: event.ts!,
    reason: delivery === 'FAILED' ? event.event : undefined,
  })
}

/** The account may be used by others, whose mails are not worth waiting for. Of an old mail Mandrill tells nothing. */
function mayBeOurs({ msg }: Event): boolean {
  const { delivery_id: ours } = msg.metadata
  return ours ? kindOfId(ours) === 'message' : msg.email === undefined
}

async function suppressAddress(em: Em, event: Event, meaning: Meaning, cause: Cause): Promise<boolean> {
  const address = normaliseEmail(event.msg.email ?? '')
  // A rejection is about the address only when Mandrill says so: it also rejects for faults of the sender.
  const reason = event.event === 'reject' ? denyReasons[event.msg.reject.reason ?? ''] : meaning.suppression
  if (!address.ok || !reason) return false
  await suppress(em, statementOf(cause, 'EMAIL', address.value, event.ts!), reason)
  return true
}

async function count(em: Em, event: Event, { metric, touch }: Meaning, message: MessageRow): Promise<void> {
  const at = event.ts!
  const name = touch ? [event.event!, String(at.getTime()), event.url ?? ''] : [event.event!]
  if (!touch) return countMessage(em, message, metric, { at, name: ['mandrill', event._id!, ...name] })
  const sentAt = (await deliveredAt(em, message, event._id!)) ?? event.msg.ts
  const bot = isMachine({ kind: touch.kind, at, userAgent: event.user_agent, deliveredAt: sentAt })
  await countMessage(em, message, metric, { at, bot, name: ['mandrill', event._id!, ...name] })
  if (!bot) await tellOnce(em, message, touch.told, at)
}
