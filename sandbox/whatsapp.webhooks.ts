import type { Settings } from './settings.ts'
import { escapedJson, signWhatsApp } from './signatures.ts'
import { type Courier, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'
import { asyncError } from './whatsapp.errors.ts'
import type { WhatsAppMessage } from './whatsapp.messages.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Happening = { phone: Phone; value: Record<string, unknown> }
export type Phone = { id: string; number: string }

const WABA = '102290129340398'
const ATTEMPTS = 12
const LONGEST_WAIT_MS = 30_000

/** Statuses and inbound messages, each signed and repeated on its own (integrations.md 5.7, 5.8). */
export function createWhatsAppHook({ settings, courier, webhooks }: Surroundings) {
  const patience = {
    attempts: ATTEMPTS,
    waitMs: (attempt: number) => Math.min(settings.webhookRetryMs * 2 ** (attempt - 1), LONGEST_WAIT_MS),
    accepts: isSuccess,
  }

  /** Resolves once the first attempt has ended. */
  function tell(delayMs: number, happening: () => Happening): Promise<void> {
    return new Promise((tried) => {
      if (!settings.webhooksEnabled || !webhooks.whatsapp) return tried()
      courier.later(delayMs, () => {
        const ready = parcel(webhooks, happening())
        if (ready) void courier.deliver(ready, { ...patience, tried })
        else tried()
      })
    })
  }

  /** One after the other, so that their order is the one in the settings; a failed one does not hold the others up. */
  async function tellStatuses(message: WhatsAppMessage, statuses: string[]): Promise<void> {
    const ordered = settings.reorderStatuses ? statuses.toReversed() : statuses
    const groups = settings.batchStatuses ? [ordered] : ordered.map((status) => [status])
    for (const group of groups)
      await tell(settings.webhookDelayMs, () => ({
        phone: message.phone,
        value: { statuses: group.map((status) => describe(message, status)) },
      }))
  }

  return { tell, tellStatuses }
}

function describe(message: WhatsAppMessage, status: string): Record<string, unknown> {
  const { failure, correlation, template } = message
  const category = template === 'text' ? 'service' : 'utility'
  return {
    id: message.id,
    status,
    timestamp: String(Math.floor(Date.now() / 1000)),
    recipient_id: message.waId,
    ...(correlation === null ? {} : { biz_opaque_callback_data: correlation }),
    ...(status === 'failed' && failure
      ? { errors: [asyncError(failure.code, failure.details)] }
      : {
          conversation: { id: message.id.slice(-16), origin: { type: category } },
          pricing: { billable: category === 'utility', pricing_model: 'PMP', category },
        }),
  }
}

function parcel({ whatsapp }: Webhooks, { phone, value }: Happening): Parcel | undefined {
  if (!whatsapp) return undefined
  const metadata = { display_phone_number: phone.number, phone_number_id: phone.id }
  const full = { messaging_product: 'whatsapp', metadata, ...value }
  const entry = [{ id: WABA, changes: [{ value: full, field: 'messages' }] }]
  const body = escapedJson({ object: 'whatsapp_business_account', entry })
  const signature = signWhatsApp(whatsapp.appSecret, body)
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature }
  return { vendor: 'whatsapp', url: whatsapp.url, headers, body }
}
