/** HubSpot CRM: contacts, and notes and communications about them (integrations.md 6). */
import { bearer, type Call, Refusal, type Reply, replyOf, type VendorApi } from './exchange.ts'
import { createActivities } from './hubspot.activities.ts'
import { bodyOf, readBatch, upsert } from './hubspot.batch.ts'
import { type Change, type Contact, createContacts, described } from './hubspot.contacts.ts'
import { failure, rateLimited, refuse } from './hubspot.errors.ts'
import { search } from './hubspot.search.ts'
import { createShape, patchShape, propertyShape, searchShape } from './hubspot.shapes.ts'
import { createHubSpotHook } from './hubspot.webhooks.ts'
import { dispatch, on, type Route } from './routes.ts'
import type { Settings } from './settings.ts'
import type { Courier, Webhooks } from './webhooks.ts'
import { createWindow, type Window } from './window.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Contacts = ReturnType<typeof createContacts>
type World = Surroundings & { contacts: Contacts; searches: Window; index: Map<string, Contact> }

const DAILY = 250_000

export function createHubSpot(around: Surroundings): VendorApi {
  const tell = createHubSpotHook(around)
  const index = new Map<string, Contact>()
  let source: 'INTEGRATION' | 'CRM_UI' = 'INTEGRATION'
  const contacts = createContacts((change) => {
    tell(change, source)
    reindex(around, index, change)
  })
  const activities = createActivities((id) => contacts.find(id, null) !== undefined)
  const world: World = { ...around, contacts, searches: createWindow(1000), index }
  const routes = [...contactRoutes(world), ...activityRoutes(activities)]
  const bursts = createWindow(10_000)
  let today = 0

  return {
    async handle(call) {
      authenticate(call)
      const remaining = bursts.hit(bearer(call.headers), around.settings.hubspotPerTenSeconds)
      if (remaining < 0) return rateLimited('TEN_SECONDLY_ROLLING')
      today += 1
      const reply = await replyOf(() => dispatch(routes, withoutVersion(call), misses))
      if (call.path.endsWith('/search')) return reply
      return { ...reply, headers: { ...reply.headers, ...rateHeaders(around.settings, remaining, today) } }
    },
    failure,
    credential: (call) => bearer(call.headers),
    act(event) {
      source = 'CRM_UI'
      try {
        return edit(contacts, event)
      } finally {
        source = 'INTEGRATION'
      }
    },
    state: () => ({ contacts: contacts.all(), ...activities.state() }),
    sends: () => [],
  }
}

const misses = { notFound: () => failure(404), notAllowed: () => failure(405) }

function authenticate(call: Call): void {
  const token = bearer(call.headers)
  if (token.startsWith('pat-expired')) {
    refuse(401, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call expired 75 second(s) ago.')
  }
  if (!/^pat-(?!bad)[\w-]+$/.test(token)) throw new Refusal(failure(401))
}

/** Both the dated and the legacy paths lead to the same objects. */
function withoutVersion(call: Call): Call {
  const path = call.path
    .replace(/^\/crm\/(objects|properties)\/\d{4}-(03|09)\//, '/$1/')
    .replace(/^\/crm\/v3\/(objects|properties)\//, '/$1/')
  return { ...call, path }
}

function rateHeaders({ hubspotPerTenSeconds: max }: Settings, remaining: number, today: number) {
  return {
    'x-hubspot-ratelimit-max': String(max),
    'x-hubspot-ratelimit-remaining': String(remaining),
    'x-hubspot-ratelimit-interval-milliseconds': '10000',
    'x-hubspot-ratelimit-daily': String(DAILY),
    'x-hubspot-ratelimit-daily-remaining': String(Math.max(0, DAILY - today)),
  }
}

/** The search sees a change only after the index delay. */
function reindex(
  { settings, courier }: Surroundings,
  index: Map<string, Contact>,
  { contact }: Change,
): void {
  const copy = { ...contact, properties: { ...contact.properties } }
  courier.later(settings.hubspotIndexDelayMs, () => index.set(copy.id, copy))
}

function contactRoutes(world: World): Route[] {
  const { contacts } = world
  return [
    on('POST', '/objects/contacts', (call) => created(contacts.create(bodyOf(call, createShape).properties))),
    on('POST', '/objects/contacts/batch/upsert', (call) => upsert(contacts, call)),
    on('POST', '/objects/contacts/batch/read', (call) => readBatch(contacts, call)),
    on('POST', '/objects/contacts/search', (call) => {
      const order = bodyOf(call, searchShape)
      if (world.searches.hit('account', world.settings.hubspotSearchesPerSecond) < 0)
        return rateLimited('SECONDLY')
      return ok(search([...world.index.values()], order))
    }),
    on('GET', '/objects/contacts/:id', (call, id) =>
      ok(described(contacts.get(id!, idProperty(call)), wanted(call))),
    ),
    on('PATCH', '/objects/contacts/:id', (call, id) =>
      ok(contacts.change(id!, idProperty(call), bodyOf(call, patchShape).properties)),
    ),
    on('GET', '/properties/contacts', () => ok({ results: contacts.properties.list() })),
    on('POST', '/properties/contacts', (call) =>
      created(contacts.properties.add(bodyOf(call, propertyShape))),
    ),
  ]
}

function activityRoutes(activities: ReturnType<typeof createActivities>): Route[] {
  return activities.kinds.map((kind) =>
    on('POST', `/objects/${kind}`, (call) => created(activities.create(kind, bodyOf(call, createShape)))),
  )
}

const ok = (body: unknown): Reply => ({ status: 200, body })
const created = (body: unknown): Reply => ({ status: 201, body })
const idProperty = (call: Call) => call.query.get('idProperty')
const wanted = (call: Call) => call.query.get('properties')?.split(',') ?? null

/** Someone edits a contact in HubSpot's own pages. */
function edit(contacts: Contacts, { type, email, properties }: Record<string, unknown>): string | null {
  if (type !== 'propertyChange') return 'type is propertyChange'
  const change = patchShape.check({ properties }, [])
  if (change.length > 0) return 'properties is an object of texts'
  if (!contacts.find(String(email), 'email')) return `no contact has the e-mail ${String(email)}`
  contacts.change(String(email), 'email', properties as Record<string, string>)
  return null
}
