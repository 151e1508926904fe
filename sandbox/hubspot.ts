/** HubSpot CRM: contacts, deals, notes and communications, and the tokens that open it (integrations.md 6). */
import { bearer, type Call, Refusal, replyOf, type VendorApi } from './exchange.ts'
import { createAssociations } from './hubspot.associations.ts'
import { failure, migrating, refuse } from './hubspot.errors.ts'
import { act } from './hubspot.events.ts'
import { type Kind, kinds } from './hubspot.kinds.ts'
import { createHubSpotLimits } from './hubspot.limits.ts'
import { type Change, type CrmRecord, createRecords, type Records } from './hubspot.records.ts'
import { type Portal, portalRoutes } from './hubspot.routes.ts'
import { createHubSpotHook, type Source } from './hubspot.webhooks.ts'
import { createOAuth } from './oauth.ts'
import { dispatch, on, type Route } from './routes.ts'
import type { Settings } from './settings.ts'
import type { Courier, Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type OAuth = ReturnType<typeof createOAuth>

export function createHubSpot(around: Surroundings): VendorApi {
  const { settings } = around
  const limits = createHubSpotLimits(settings)
  const oauth = createOAuth(settings)
  let source: Source = 'INTEGRATION'
  const portal = createPortal(around, limits.maySearch, () => source)
  const doors = tokenRoutes(oauth)
  const routes = portalRoutes(portal)

  return {
    async handle(call) {
      if (settings.hubspotMigrationSeconds > 0) return migrating(settings.hubspotMigrationSeconds)
      if (call.path.startsWith('/oauth/')) return dispatch(doors, call, misses)
      const { refusal, headers } = limits.arrive(authenticate(call, oauth))
      const reply = refusal ?? (await replyOf(() => dispatch(routes, withoutVersion(call), misses)))
      return call.path.endsWith('/search') ? reply : { ...reply, headers: { ...reply.headers, ...headers } }
    },
    failure,
    credential: (call) => bearer(call.headers),
    enter: (call) => limits.enter(accountOf(bearer(call.headers))),
    limits: limits.figures,
    act(event) {
      source = 'CRM_UI'
      try {
        return act(portal, oauth, event)
      } finally {
        source = 'INTEGRATION'
      }
    },
    state: () => ({
      ...Object.fromEntries(kinds.map((kind) => [kind, portal.store[kind].all()])),
      oauth: oauth.state(),
    }),
    sends: () => [],
  }
}

const misses = { notFound: () => failure(404), notAllowed: () => failure(405) }

function createPortal(around: Surroundings, maySearch: () => boolean, source: () => Source): Portal {
  const tell = createHubSpotHook(around)
  const indexes = perKind(() => new Map<string, CrmRecord>())
  const told = (change: Change): void => {
    tell(change, source())
    reindex(around, indexes[change.kind], change)
  }
  const store: Record<Kind, Records> = perKind((kind) => createRecords(kind, told))
  return { store, associations: createAssociations(store), indexes, maySearch }
}

function perKind<T>(make: (kind: Kind) => T): Record<Kind, T> {
  return {
    contacts: make('contacts'),
    deals: make('deals'),
    notes: make('notes'),
    communications: make('communications'),
  }
}

/** The search sees a change only after the index delay. */
function reindex(
  { settings, courier }: Surroundings,
  index: Map<string, CrmRecord>,
  { record, what }: Change,
): void {
  const copy = { ...record, properties: { ...record.properties } }
  courier.later(settings.hubspotIndexDelayMs, () =>
    what === 'deleted' || what === 'erased' ? index.delete(copy.id) : index.set(copy.id, copy),
  )
}

function tokenRoutes(oauth: OAuth): Route[] {
  return [
    on('POST', '/oauth/:version/token', oauth.token),
    on('POST', '/oauth/:version/token/revoke', oauth.revoke),
    on('GET', '/oauth/authorize', oauth.authorize),
  ]
}

/** All tokens of the OAuth app share the account's limits; a service key has its own. */
function accountOf(token: string): string {
  return token.startsWith('oat-') ? 'oauth app' : token
}

/** The account a token opens. `pat-…` keys pass, but for those that say in their name why not. */
function authenticate(call: Call, oauth: OAuth): string {
  const token = bearer(call.headers)
  const leftMs = oauth.leftMs(token)
  if (leftMs !== undefined && leftMs <= 0) refuseExpired(`${Math.ceil(-leftMs / 1000)} second(s)`)
  if (token.startsWith('pat-expired')) refuseExpired('75 second(s)')
  if (token.startsWith('pat-garbled')) refuseExpired('20705 day(s)')
  if (token.startsWith('pat-scopeless')) throw new Refusal(failure(403))
  if (leftMs === undefined && !/^pat-(?!bad)[\w-]+$/.test(token)) throw new Refusal(failure(401))
  return accountOf(token)
}

function refuseExpired(ago: string): never {
  return refuse(401, 'EXPIRED_AUTHENTICATION', `The OAuth token used to make this call expired ${ago} ago.`)
}

/** Both the dated and the legacy paths lead to the same objects. */
function withoutVersion(call: Call): Call {
  const path = call.path
    .replace(/^\/crm\/(objects|properties|associations|pipelines|owners)\/\d{4}-(03|09)(?=\/|$)/, '/$1')
    .replace(/^\/crm\/v[34]\/(objects|properties|associations|pipelines|owners)(?=\/|$)/, '/$1')
  return { ...call, path }
}
