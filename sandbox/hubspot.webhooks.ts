import type { Kind } from './hubspot.kinds.ts'
import type { Change } from './hubspot.records.ts'
import type { Settings } from './settings.ts'
import { signHubSpot } from './signatures.ts'
import { type Courier, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Event = Record<string, unknown>
export type Source = 'INTEGRATION' | 'CRM_UI'

const EVENTS_PER_BATCH = 100
const RETRIES = 10
const nouns: Record<Kind, string> = {
  contacts: 'contact',
  deals: 'deal',
  notes: 'note',
  communications: 'communication',
}
/** What the app is subscribed to when `PUT /_sandbox/webhooks` does not say. */
const usual = [
  ...['contact.creation', 'contact.propertyChange', 'contact.deletion'],
  ...['contact.merge', 'contact.privacyDeletion'],
]

/**
 * Tells of new, changed and deleted records, signed v3, at most 100 events a POST. POSTs do not wait for each other, so a
 * repeated one comes after later ones (integrations.md 6.6).
 */
export function createHubSpotHook({ settings, courier, webhooks }: Surroundings) {
  const waiting: Event[] = []
  let lastEvent = 0

  function deliver(): void {
    while (waiting.length > 0) {
      const events = waiting.splice(0, EVENTS_PER_BATCH)
      void courier.deliver((attempt) => parcel(webhooks, events, attempt), {
        attempts: RETRIES + 1,
        waitMs: (attempt) => settings.webhookRetryMs * attempt,
        accepts: isSuccess,
      })
    }
  }

  function send(event: Event): void {
    waiting.push(event)
    if (waiting.length === 1) queueMicrotask(deliver)
  }

  return (change: Change, changeSource: Source): void => {
    const wanted = webhooks.hubspot?.subscriptions ?? usual
    const events = eventsOf(change).filter(({ subscriptionType }) => wanted.includes(subscriptionType))
    if (!settings.webhooksEnabled || !webhooks.hubspot || events.length === 0) return
    const sourceId = changeSource === 'INTEGRATION' ? String(portal.appId) : 'userId:1001'
    const objectId = Number(change.record.id)
    const common = { ...portal, occurredAt: Date.now(), objectId, changeSource, sourceId }
    courier.later(settings.webhookDelayMs, () => {
      for (const event of events) {
        lastEvent += 1
        const subscriptionId = 12_345 + wanted.indexOf(event.subscriptionType)
        send({ eventId: lastEvent, subscriptionId, ...common, ...event })
      }
    })
  }
}

function eventsOf({ kind, what, changed, record, merge }: Change): (Event & { subscriptionType: string })[] {
  const noun = nouns[kind]
  if (merge)
    return [
      {
        subscriptionType: `${noun}.merge`,
        primaryObjectId: Number(merge.primary),
        mergedObjectIds: [Number(merge.merged)],
        newObjectId: Number(record.id),
        numberOfPropertiesMoved: 1,
      },
    ]
  if (what === 'erased') return [{ subscriptionType: `${noun}.privacyDeletion`, changeFlag: 'DELETED' }]
  if (what === 'created') return [{ subscriptionType: `${noun}.creation`, changeFlag: 'NEW' }]
  if (what === 'deleted') return [{ subscriptionType: `${noun}.deletion`, changeFlag: 'DELETED' }]
  return Object.entries(changed).map(([propertyName, propertyValue]) => ({
    subscriptionType: `${noun}.propertyChange`,
    propertyName,
    propertyValue,
  }))
}

const portal = { portalId: 62515, appId: 54321 }

function parcel({ hubspot }: Webhooks, events: Event[], attempt: number): Parcel | undefined {
  if (!hubspot) return undefined
  const body = JSON.stringify(events.map((event) => ({ ...event, attemptNumber: attempt - 1 })))
  const timestamp = Date.now()
  const headers = {
    'content-type': 'application/json',
    'x-hubspot-request-timestamp': String(timestamp),
    'x-hubspot-signature-v3': signHubSpot(hubspot.secret, hubspot.url, body, timestamp),
  }
  return { vendor: 'hubspot', url: hubspot.url, headers, body }
}
