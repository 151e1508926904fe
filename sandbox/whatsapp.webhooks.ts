import type { Settings } from './settings.ts'
import { escapedJson, signWhatsApp } from './signatures.ts'
import { type Courier, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'
import { asyncError } from './whatsapp.errors.ts'
import { type Phone, WABA, type WhatsAppMessage } from './whatsapp.messages.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks; isSubscribed: () => boolean }
/** One change as Meta tells it: the field it belongs to, and its value. */
type Change = { field: string; value: Record<string, unknown> }
type Waiting = { happening: () => Change; tried: () => void }

const ATTEMPTS = 12
const LONGEST_WAIT_MS = 30_000

/** Statuses, inbound messages and news of the account, each POST signed and repeated on its own (integrations.md 5.7, 5.8). */
export function createWhatsAppHook({ settings, courier, webhooks, isSubscribed }: Surroundings) {
  const waiting: Waiting[] = []

  function deliver(group: Waiting[]): void {
    const changes = group.map(({ happening }) => happening())
    const tried = () => group.forEach((each) => void each.tried())
    const patience = {
      attempts: ATTEMPTS,
      waitMs: (attempt: number) => Math.min(settings.webhookRetryMs * 2 ** (attempt - 1), LONGEST_WAIT_MS),
      accepts: isSuccess,
      tried,
    }
    const ready = parcel(webhooks, changes)
    if (ready) void courier.deliver(() => ready, patience)
    else tried()
  }

  /** Resolves once the first attempt has ended. */
  function tell(delayMs: number, happening: () => Change): Promise<void> {
    return new Promise((tried) => {
      if (!settings.webhooksEnabled || !webhooks.whatsapp || !isSubscribed()) return tried()
      if (!settings.whatsappBatchWebhooks)
        return courier.later(delayMs, () => deliver([{ happening, tried }]))
      waiting.push({ happening, tried })
      if (waiting.length === 1) courier.later(settings.webhookDelayMs, () => deliver(waiting.splice(0)))
    })
  }

  /** One after the other, so that their order is the one in the settings; a failed one does not hold the others up. */
  async function tellStatuses(message: WhatsAppMessage, statuses: string[]): Promise<void> {
    const ordered = settings.reorderStatuses ? statuses.toReversed() : statuses
    const groups = settings.batchStatuses ? [ordered] : ordered.map((status) => [status])
    for (const group of groups)
      await tell(settings.webhookDelayMs, () =>
        aboutMessages(message.phone, { statuses: group.map((status) => describe(message, status)) }),
      )
  }

  return { tell, tellStatuses }
}

/** A change of the field `messages`, which names the number it is about. */
export function aboutMessages(phone: Phone, value: Record<string, unknown>): Change {
  const metadata = { display_phone_number: phone.number, phone_number_id: phone.id }
  return { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }
}

function describe(message: WhatsAppMessage, status: string): Record<string, unknown> {
  const { failure, correlation, category, waId, userId } = message
  const person = waId === null ? {} : { recipient_id: waId }
  return {
    id: message.id,
    status,
    timestamp: String(Math.floor(Date.now() / 1000)),
    ...person,
    recipient_user_id: userId,
    ...(correlation === null ? {} : { biz_opaque_callback_data: correlation }),
    ...(status === 'failed' && failure
      ? { errors: [asyncError(failure.code, failure.details)] }
      : {
          conversation: { id: message.id.slice(-16), origin: { type: category } },
          pricing: { billable: category !== 'service', pricing_model: 'PMP', category },
        }),
  }
}

/** Every second change goes into an entry of its own, so that a receiver has to look at both lists. */
function parcel({ whatsapp }: Webhooks, changes: Change[]): Parcel | undefined {
  if (!whatsapp) return undefined
  const pairs = changes.flatMap((_, index) => (index % 2 === 0 ? [changes.slice(index, index + 2)] : []))
  const entry = pairs.map((pair) => ({
    id: WABA,
    ...(pair.some(({ field }) => field !== 'messages') && { time: Math.floor(Date.now() / 1000) }),
    changes: pair.map(({ field, value }) => ({ value, field })),
  }))
  const body = escapedJson({ object: 'whatsapp_business_account', entry })
  const signature = signWhatsApp(whatsapp.appSecret, body)
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature }
  return { vendor: 'whatsapp', url: whatsapp.url, headers, body }
}
