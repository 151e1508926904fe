import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { createHubspot } from './hubspot.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: {} })
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const hubspot = (settings = {}) =>
  createHubspot({ baseUrl: `${stub.url}/hs`, token: 'pat', apiVersion: '2026-09', ...settings })
const contact = { email: 'jane@example.com', fields: { firstName: 'Jane', stage: 'lead' } }
const properties = { firstname: 'Jane', lifecyclestage: 'lead' }

/** Gives one answer after the other. */
function script(...answers: StubAnswer[]): void {
  stub.reply = (_, response) => {
    const { status = 200, body } = answers.shift()!
    response.writeHead(status).end(JSON.stringify(body))
  }
}

/** What was asked, in order; each request carries our token and the correlation id. */
function asked() {
  return stub.requests.map(({ method, path, headers, body }) => {
    expect(headers).toMatchObject({ authorization: 'Bearer pat', 'x-correlation-id': 'corr-1' })
    return { method, path, body }
  })
}

const conflict = (message: string): StubAnswer => ({
  status: 409,
  body: { status: 'error', category: 'CONFLICT', message },
})

describe('HubSpot contacts', () => {
  test('the check reads property definitions, no personal data', async () => {
    const names = ['firstname', 'lastname', 'phone', 'company', 'lifecyclestage']
    stub.reply = { body: { results: names.map((name) => ({ name })) } }
    await hubspot().check(context)
    expect(asked()).toEqual([{ method: 'GET', path: '/hs/crm/properties/2026-09/contacts', body: undefined }])
  })

  test('a new one is made with a single call, which no error answers', async () => {
    script({ status: 201, body: { id: '512', properties } })
    expect(await hubspot().upsertContact(contact, context)).toEqual({ contactId: '512', created: true })
    const body = { properties: { email: contact.email, ...properties } }
    expect(asked()).toEqual([{ method: 'POST', path: '/hs/crm/objects/2026-09/contacts', body }])
  })

  test('one that exists is found by the id HubSpot names, and patched with the known fields only', async () => {
    script(conflict('Contact already exists. Existing ID: 512'), { body: { id: '512' } })
    const fieldsIfNew = { stage: 'lead' }
    const known = { ...contact, fields: { firstName: 'Jane' }, fieldsIfNew }
    expect(await hubspot().upsertContact(known, context)).toEqual({ contactId: '512', created: false })
    const path = '/hs/crm/objects/2026-09/contacts/512'
    expect(asked()[1]).toEqual({ method: 'PATCH', path, body: { properties: { firstname: 'Jane' } } })
  })

  test('somebody with a phone number alone is looked for before they are created, the oldest first', async () => {
    script({ body: { results: [] } }, { status: 201, body: { id: '513' } })
    const phoneOnly = { ownId: 'lead_1', fields: { phone: '+491701234567' } }
    expect(await hubspot().upsertContact(phoneOnly, context)).toEqual({ contactId: '513', created: true })
    const filters = [{ propertyName: 'phone', operator: 'EQ', value: '+491701234567' }]
    expect(asked().map(({ path, body }) => [path, body])).toEqual([
      [
        '/hs/crm/objects/2026-09/contacts/search',
        { filterGroups: [{ filters }], sorts: ['hs_object_id'], properties: [], limit: 1, after: '0' },
      ],
      ['/hs/crm/objects/2026-09/contacts', { properties: { phone: '+491701234567' } }],
    ])
  })

  test('whether somebody with a phone number alone was created is looked up only when the search has settled', async () => {
    stub.reply = (request, response) =>
      request.url!.endsWith('/search') ? response.end('{"results":[]}') : response.destroy()
    const phoneOnly = { ownId: 'lead_1', fields: { phone: '+491701234567' } }
    const error = await failureOf(hubspot().upsertContact(phoneOnly, context))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', retryAfterMs: 60_000 })
  })

  test('a conflict that names no record is PERMANENT', async () => {
    script(conflict('513 already has that value.'))
    const error = await failureOf(hubspot().upsertContact(contact, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'CONFLICT', status: 409 })
  })

  test('a mapping of one’s own decides the property names', async () => {
    stub.reply = { body: { id: '512' } }
    const mapping = { firstName: 'vorname', locale: 'sprache' }
    const fields = { ...contact.fields, locale: 'de' }
    await hubspot({ mapping }).upsertContact({ ...contact, fields }, context)
    const mapped = { email: contact.email, vorname: 'Jane', sprache: 'de' }
    expect(asked()[0]!.body).toEqual({ properties: mapped })
  })
})

describe('HubSpot activities and deals', () => {
  const activity = {
    contactId: '512',
    kind: 'NOTE',
    at: new Date('2026-11-24T10:00:00Z'),
    activityId: 'act_1',
  } as const
  const text = 'Called <b> & left\na message'
  const none: StubAnswer = {
    status: 207,
    body: { status: 'COMPLETE', results: [], numErrors: 1, errors: [{ category: 'OBJECT_NOT_FOUND' }] },
  }
  const created: StubAnswer = { status: 201, body: { id: '9001', properties: {} } }
  const associations = (associationTypeId: number) => [
    { to: { id: '512' }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }] },
  ]

  test('a note is looked for among the contact’s own, then made with its id in its text, safe as HTML', async () => {
    const linked = { results: [{ from: { id: '512' }, to: [{ toObjectId: '8001', associationTypes: [] }] }] }
    const others = { results: [{ id: '8001', properties: { hs_note_body: 'Other [act_12]' } }] }
    script({ body: linked }, { body: others }, created)
    await hubspot().logActivity({ ...activity, text }, context)
    const note = {
      hs_timestamp: '2026-11-24T10:00:00.000Z',
      hs_note_body: 'Called &lt;b&gt; &amp; left<br>a message<br>[act_1]',
    }
    expect(asked()).toEqual([
      {
        method: 'POST',
        path: '/hs/crm/associations/2026-09/contacts/notes/batch/read',
        body: { inputs: [{ id: '512' }] },
      },
      {
        method: 'POST',
        path: '/hs/crm/objects/2026-09/notes/batch/read',
        body: { inputs: [{ id: '8001' }], properties: ['hs_note_body'], propertiesWithHistory: [] },
      },
      {
        method: 'POST',
        path: '/hs/crm/objects/2026-09/notes',
        body: { properties: note, associations: associations(202) },
      },
    ])
  })

  test('a note that is there already is not made again', async () => {
    const linked = { results: [{ to: [{ toObjectId: '8001' }] }] }
    const own = { results: [{ id: '8001', properties: { hs_note_body: 'Called<br>[act_1]' } }] }
    script({ body: linked }, { body: own })
    await hubspot().logActivity({ ...activity, text }, context)
    expect(asked()).toHaveLength(2)
  })

  test('all pages of a contact’s notes are looked through, a hundred at a time', async () => {
    const page = (from: number, count: number, after?: string) => ({
      body: {
        results: [
          {
            to: Array.from({ length: count }, (_, index) => ({ toObjectId: String(from + index) })),
            ...(after && { paging: { next: { after } } }),
          },
        ],
      },
    })
    const nothing = { body: { results: [] } }
    const own = { body: { results: [{ properties: { hs_note_body: '[act_1]' } }] } }
    script(page(1, 101, 'p2'), nothing, nothing, page(200, 1), own)
    await hubspot().logActivity({ ...activity, text }, context)
    const inputs = asked().map(({ body }) => (body as { inputs: unknown[] }).inputs)
    expect(inputs.map(({ length }) => length)).toEqual([1, 100, 1, 1, 1])
    expect(inputs[3]).toEqual([{ id: '512', after: 'p2' }])
  })

  test('a WhatsApp message is logged as a communication', async () => {
    script(none, created)
    await hubspot().logActivity({ ...activity, kind: 'WHATSAPP', text: 'Hi' }, context)
    expect(asked()[1]).toEqual({
      method: 'POST',
      path: '/hs/crm/objects/2026-09/communications',
      body: {
        properties: {
          hs_timestamp: '2026-11-24T10:00:00.000Z',
          hs_communication_channel_type: 'WHATS_APP',
          hs_communication_logged_from: 'CRM',
          hs_communication_body: 'Hi<br>[act_1]',
        },
        associations: associations(81),
      },
    })
  })

  test('an e-mail is logged as a note that says so', async () => {
    script(none, created)
    await hubspot().logActivity({ ...activity, kind: 'EMAIL', text: 'Welcome' }, context)
    expect(asked()[1]).toMatchObject({
      path: '/hs/crm/objects/2026-09/notes',
      body: { properties: { hs_note_body: 'E-mail:<br>Welcome<br>[act_1]' } },
    })
  })

  test('a text that is too long is cut, its id is not', async () => {
    script(none, created)
    await hubspot().logActivity({ ...activity, text: '<'.repeat(70_000) }, context)
    const { properties } = asked()[1]!.body as { properties: { hs_note_body: string } }
    expect(properties.hs_note_body).toMatch(/^(&lt;)+<br>\[act_1\]$/)
    expect(properties.hs_note_body.length).toBeLessThanOrEqual(65_536)
  })

  test('a deal carries its id in its description', async () => {
    script(none, created)
    const deal = { contactId: '512', name: 'Spring', stage: 'new', pipeline: 'default', dealId: 'deal_1' }
    await hubspot().createDeal(deal, context)
    const properties = { dealname: 'Spring', dealstage: 'new', pipeline: 'default', description: '[deal_1]' }
    expect(asked().map(({ path }) => path)).toEqual([
      '/hs/crm/associations/2026-09/contacts/deals/batch/read',
      '/hs/crm/objects/2026-09/deals',
    ])
    expect(asked()[1]!.body).toEqual({ properties, associations: associations(3) })
  })

  test('a refusal while looking is told, and nothing is made', async () => {
    script({ status: 403, body: { status: 'error', category: 'MISSING_SCOPES' } })
    const error = await failureOf(hubspot().logActivity({ ...activity, text }, context))
    expect(error).toMatchObject({ errorClass: 'AUTH', operation: 'logActivity', code: 'MISSING_SCOPES' })
    expect(asked()).toHaveLength(1)
  })
})

describe('HubSpot changes', () => {
  const found = (id: string, changed: string) => ({
    id,
    properties: { email: `${id}@x.co`, lastmodifieddate: changed },
  })

  test('the search sends every field that HubSpot’s description requires', async () => {
    stub.reply = { body: { total: 0, results: [] } }
    const watermark = { changedAt: new Date(1_764_000_000_000), contactId: '512' }
    const before = Date.now()
    await hubspot({ settleMs: 30_000 }).changedSince(watermark, context)
    const [request] = asked()
    const hasEmail = { propertyName: 'email', operator: 'HAS_PROPERTY' }
    const is = (operator: string, value: string, propertyName = 'lastmodifieddate') => ({
      propertyName,
      operator,
      value,
    })
    const at = '1764000000000'
    expect(request).toEqual({
      method: 'POST',
      path: '/hs/crm/objects/2026-09/contacts/search',
      body: {
        filterGroups: [
          { filters: [is('GTE', at), is('LTE', at), is('GT', '512', 'hs_object_id'), hasEmail] },
          { filters: [is('GT', at), is('LTE', expect.any(String) as string), hasEmail] },
        ],
        sorts: ['lastmodifieddate'],
        properties: [
          'email',
          'lastmodifieddate',
          'firstname',
          'lastname',
          'phone',
          'company',
          'lifecyclestage',
        ],
        limit: 100,
        after: '0',
      },
    })
    type Body = { filterGroups: { filters: { value: string }[] }[] }
    const until = Number((request!.body as Body).filterGroups[1]!.filters[1]!.value)
    expect(until).toBeGreaterThanOrEqual(before - 30_000)
    expect(until).toBeLessThanOrEqual(Date.now() - 30_000)
  })

  test('an answer in another order is not believed: its end would be taken for the newest', async () => {
    const results = [found('2', '2026-11-24T10:00:01.000Z'), found('1', '2026-11-24T10:00:00.000Z')]
    stub.reply = { body: { total: 2, results } }
    const beginning = { changedAt: new Date(0), contactId: '' }
    const error = await failureOf(hubspot().changedSince(beginning, context))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'ANSWER_NOT_UNDERSTOOD' })
  })
})
