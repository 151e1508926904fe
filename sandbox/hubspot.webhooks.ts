import type { Change } from './hubspot.contacts.ts'
import type { Settings } from './settings.ts'
import { signHubSpot } from './signatures.ts'
import { type Courier, createLine, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Event = Record<string, unknown>

const EVENTS_PER_BATCH = 100
const RETRIES = 10

/** Tells of new and changed contacts, signed v3, at most 100 events a POST (integrations.md 6.6). */
export function createHubSpotHook({ settings, courier, webhooks }: Surroundings) {
  let lastEvent = 0
  const send = createLine<Event>(courier, {
    most: EVENTS_PER_BATCH,
    pack: (events) => parcel(webhooks, events),
    attempts: RETRIES + 1,
    waitMs: (attempt) => settings.webhookRetryMs * attempt,
    accepts: isSuccess,
  })

  return ({ contact, changed, created }: Change, changeSource: 'INTEGRATION' | 'CRM_UI'): void => {
    if (!settings.webhooksEnabled || !webhooks.hubspot) return
    const events = created
      ? [{ subscriptionType: 'contact.creation', changeFlag: 'NEW' }]
      : Object.entries(changed).map(([propertyName, propertyValue]) => ({
          subscriptionType: 'contact.propertyChange',
          propertyName,
          propertyValue,
        }))
    const common = {
      ...portal,
      occurredAt: Date.now(),
      objectId: Number(contact.id),
      changeSource,
      attemptNumber: 0,
    }
    courier.later(settings.webhookDelayMs, () => {
      for (const event of events) {
        lastEvent += 1
        send({ eventId: lastEvent, ...common, ...event })
      }
    })
  }
}

const portal = { subscriptionId: 12345, portalId: 62515, appId: 54321 }

function parcel({ hubspot }: Webhooks, events: Event[]): Parcel | undefined {
  if (!hubspot) return undefined
  const body = JSON.stringify(events)
  const timestamp = Date.now()
  const headers = {
    'content-type': 'application/json',
    'x-hubspot-request-timestamp': String(timestamp),
    'x-hubspot-signature-v3': signHubSpot(hubspot.secret, hubspot.url, body, timestamp),
  }
  return { vendor: 'hubspot', url: hubspot.url, headers, body }
}
