// Every request we can send, held against what HubSpot publishes of its API 2026-09 and says of it in its guides: paths,
// methods, query parameters, content types, authorization and bodies, with nothing allowed that is not described.

import { z } from 'zod'
import { type Published, type Request, testPublished } from '../../test/support/published.ts'
import type { StubAnswer } from '../stub.ts'
import { createHubspot, type Hubspot } from './hubspot.ts'
import { createHubspotTokens } from './tokens.ts'

const recordId = z.string().regex(/^\d+$/)
const name = z.string().regex(/^[a-z][a-z0-9_]*$/)
const names = z.array(name)
/** Whatever a property holds, its value is sent as a text. */
const values = z.record(name, z.string())
const text = z.string().max(65_536)

const filter = z.union([
  z.strictObject({
    propertyName: name,
    operator: z.enum(['EQ', 'NEQ', 'LT', 'LTE', 'GT', 'GTE', 'CONTAINS_TOKEN', 'NOT_CONTAINS_TOKEN']),
    value: z.string(),
  }),
  z.strictObject({ propertyName: name, operator: z.enum(['HAS_PROPERTY', 'NOT_HAS_PROPERTY']) }),
])
const filterGroup = z.strictObject({ filters: z.array(filter).min(1).max(6) })

/** All five are marked as required. */
const search = z.strictObject({
  filterGroups: z.array(filterGroup).max(5),
  sorts: z.array(name).max(1),
  properties: names,
  limit: z.int().min(1).max(200),
  after: z.string().regex(/^\d+$/),
})

/** What is written once beside a contact. `toContact` is HubSpot's number for "belongs to this contact". */
function beside(kind: string, toContact: number, properties: z.ZodType): Record<string, Published> {
  const type = z.strictObject({
    associationCategory: z.literal('HUBSPOT_DEFINED'),
    associationTypeId: z.literal(toContact),
  })
  const association = z.strictObject({ to: z.strictObject({ id: recordId }), types: z.tuple([type]) })
  const place = z.strictObject({ id: recordId, after: z.string().optional() })
  const record = z.strictObject({ id: recordId })
  return {
    [`POST /crm/associations/2026-09/contacts/${kind}/batch/read`]: {
      body: z.strictObject({ inputs: z.array(place).min(1).max(1_000) }),
    },
    [`POST /crm/objects/2026-09/${kind}/batch/read`]: {
      body: z.strictObject({
        inputs: z.array(record).min(1).max(100),
        properties: names,
        propertiesWithHistory: names,
      }),
    },
    [`POST /crm/objects/2026-09/${kind}`]: {
      body: z.strictObject({ properties, associations: z.tuple([association]) }),
    },
  }
}

const contacts = '/crm/objects/2026-09/contacts'
const published: Record<string, Published> = {
  'GET /crm/properties/2026-09/contacts': {},
  [`POST ${contacts}`]: { body: z.strictObject({ properties: values }) },
  [`PATCH ${contacts}/{id}`]: { body: z.strictObject({ properties: values }) },
  [`POST ${contacts}/search`]: { body: search },
  ...beside('notes', 202, z.strictObject({ hs_timestamp: z.iso.datetime(), hs_note_body: text })),
  ...beside(
    'communications',
    81,
    z.strictObject({
      hs_timestamp: z.iso.datetime(),
      hs_communication_channel_type: z.enum(['WHATS_APP', 'LINKEDIN_MESSAGE', 'SMS']),
      hs_communication_logged_from: z.literal('CRM'),
      hs_communication_body: text,
    }),
  ),
  ...beside(
    'deals',
    3,
    z.strictObject({ dealname: z.string(), dealstage: z.string(), pipeline: z.string(), description: text }),
  ),
  'POST /oauth/2026-09/token': {
    headers: z.object({ authorization: z.never().optional() }),
    contentType: 'application/x-www-form-urlencoded',
    body: z.strictObject({
      grant_type: z.literal('refresh_token'),
      client_id: z.string(),
      client_secret: z.string(),
      refresh_token: z.string(),
    }),
  },
}

const context = { signal: new AbortController().signal }
const at = new Date('2026-11-24T10:00:00.123Z')
const contact = (email: string) => ({
  email,
  fields: { firstName: 'Jane', lastName: '', phone: '+491701234567', company: 'Acme', stage: 'customer' },
})
const activity = { contactId: '512', text: 'Called <b>\n& left', at, activityId: 'act_1' }

type Portal = Hubspot & { refreshToken(): Promise<unknown> }

/** One use of every verb; contacts that are there, that are new and that are in the way of another address. */
const uses: Record<Exclude<keyof Portal, 'vendor' | 'mappedFields'>, (to: Portal) => Promise<unknown>> = {
  check: (to) => to.check(context),
  async upsertContact(to) {
    await to.upsertContact({ ...contact('new@example.com'), fieldsIfNew: { stage: 'lead' } }, context)
    await to.upsertContact(contact('taken@example.com'), context)
    await to.upsertContact({ ...contact(''), email: undefined, ownId: 'lead_1' }, context)
  },
  updateContact: (to) =>
    to.updateContact(
      { contactId: '512', email: 'jane.roe@example.com', fields: { stage: 'customer' } },
      context,
    ),
  async logActivity(to) {
    for (const kind of ['NOTE', 'EMAIL', 'WHATSAPP'] as const)
      await to.logActivity({ ...activity, kind }, context)
  },
  createDeal: (to) => {
    const deal = { contactId: '512', name: 'Spring', stage: 'new', pipeline: 'default', dealId: 'd_1' }
    return to.createDeal(deal, context)
  },
  changedSince: (to) => to.changedSince({ changedAt: new Date(0), contactId: '' }, context),
  refreshToken: (to) => to.refreshToken(),
}

/** A page full of contacts that changed in one millisecond: they are then asked for by their ids. */
const page = Array.from({ length: 100 }, (_, index) => ({
  id: String(index + 1),
  properties: { email: `${index}@example.com`, lastmodifieddate: at.toISOString() },
}))
const portalProperties = ['firstname', 'lastname', 'phone', 'company', 'lifecyclestage']

/** As much of a portal as leads each verb to its last request. */
function answer({ method, path, body }: Request): StubAnswer {
  const said = JSON.stringify(body ?? {})
  if (path.startsWith('/oauth/')) return { body: { access_token: 'a', expires_in: 1_800 } }
  if (path.startsWith('/crm/properties/')) {
    return { body: { results: portalProperties.map((property) => ({ name: property })) } }
  }
  if (path.startsWith('/crm/associations/')) {
    const paging = said.includes('"after"') ? undefined : { next: { after: 'p2' } }
    return { body: { results: [{ to: [{ toObjectId: '8001' }], paging }] } }
  }
  if (path.endsWith('/search')) return { body: { results: said.includes('"hs_object_id"') ? [] : page } }
  if (path.endsWith('/batch/read')) return { body: { results: [] } }
  const message = 'Contact already exists. Existing ID: 512'
  if (method === 'POST' && said.includes('taken'))
    return { status: 409, body: { category: 'CONFLICT', message } }
  return { body: { id: '512' } }
}

function connect(baseUrl: string): Portal {
  const apiVersion = '2026-09'
  const tokens = createHubspotTokens({
    ...{ baseUrl, apiVersion, clientId: 'c', clientSecret: 's', refreshToken: 'r' },
    read: async () => undefined,
    store: async () => {},
    lock: (work) => work(),
  })
  const hubspot = createHubspot({ baseUrl, apiVersion, token: 'pat-na1-x' })
  return { ...hubspot, refreshToken: () => tokens.current(context.signal) }
}

testPublished<Portal>({
  name: 'HubSpot',
  published,
  headers: z.object({ authorization: z.literal('Bearer pat-na1-x') }),
  keyOf: ({ method }, pathname) =>
    `${method} ${pathname.replace(/(\/objects\/2026-09\/contacts)\/(?!search$)[^/]+$/, '$1/{id}')}`,
  connect,
  uses,
  answer,
})
