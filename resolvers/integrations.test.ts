import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../sandbox/server.ts'
import { type Api, startApi, take } from '../test/support/api.ts'
import { messageResolve } from '../workers/message.resolve.ts'

let api: Api
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
  api = await startApi([messageResolve], {
    MAILCHIMP_BASE_URL: `${sandbox.url}/mc/3.0`,
    MAILCHIMP_API_KEY: `${'0'.repeat(32)}-us19`,
    MANDRILL_BASE_URL: `${sandbox.url}/mandrill/api/1.0`,
    HUBSPOT_BASE_URL: `${sandbox.url}/hs`,
    HUBSPOT_TOKEN: 'pat-bad-token',
  })
})
afterAll(async () => {
  await api.close()
  await sandbox.close()
})

const listed =
  '{ integrations { vendor source settings breaker forced lastError connectionLimit quotas { requests milliseconds used } } }'
const connect = `mutation ($vendor: Vendor!, $settings: JSON, $credentials: JSON!) {
  connectIntegration(input: { vendor: $vendor, settings: $settings, credentials: $credentials }) {
    ... on Integration { vendor source settings breaker }
    ... on InvalidInputError { code issues { path message } }
  }
}`
const testing = `mutation ($vendor: Vendor!) {
  testIntegration(input: { vendor: $vendor }) {
    ... on TestIntegrationPayload { ok problemCode problem }
    ... on NotFoundError { code }
  }
}`
const forcing = `mutation ($vendor: Vendor!, $state: ForcedState!) {
  forceIntegration(input: { vendor: $vendor, state: $state, reason: "maintenance" }) { ... on Integration { forced } }
}`

describe('the default workspace', () => {
  test('has the accounts of the environment, with their limits and without their credentials', async () => {
    const { data } = await api.ask(listed)
    expect(data.integrations).toHaveLength(4)
    expect(data.integrations[0]).toEqual({
      vendor: 'MAILCHIMP',
      source: 'ENVIRONMENT',
      settings: { audienceId: 'x', mergeFields: '' },
      breaker: 'CLOSED',
      forced: 'NONE',
      lastError: null,
      connectionLimit: 10,
      quotas: [],
    })
    expect(JSON.stringify(data)).not.toContain('not-used')
  })

  test('a test tells whether the vendor lets us in, and shows afterwards', async () => {
    const good = await api.ask(testing, { vendor: 'MAILCHIMP' })
    expect(good.data.testIntegration).toEqual({ ok: true, problemCode: null, problem: null })
    const bad = await api.ask(testing, { vendor: 'HUBSPOT' })
    expect(bad.data.testIntegration).toMatchObject({ ok: false, problem: expect.stringContaining('hubspot') })
    expect(bad.data.testIntegration.problem).not.toContain('pat-bad')
    const { data } = await api.ask(listed)
    expect(data.integrations.find(({ vendor }: { vendor: string }) => vendor === 'HUBSPOT')).toMatchObject({
      breaker: 'AUTH',
    })
  })

  test('an operator’s word reaches subscribers, is audited, and is taken back', async () => {
    const events = api.socket().iterate({ query: 'subscription { integrationEvents { vendor forced } }' })
    const first = await take(events, 4)
    expect(
      first.map(({ data }) => (data as { integrationEvents: { forced: string } }).integrationEvents.forced),
    ).toEqual(Array(4).fill('NONE'))
    await api.ask(forcing, { vendor: 'MANDRILL', state: 'OPEN' })
    const [changed] = await take(events, 1)
    expect(changed!.data).toEqual({ integrationEvents: { vendor: 'MANDRILL', forced: 'OPEN' } })
    await events.return?.()
    const refused = await api.ask(testing, { vendor: 'MANDRILL' })
    expect(refused.data.testIntegration.problemCode).toBe('STOPPED_BY_OPERATOR')
    const rows = await api.world.fork().execute("select reason from audit where action = 'forceIntegration'")
    expect(rows).toEqual([{ reason: 'OPEN: maintenance' }])
    const { data } = await api.ask(forcing, { vendor: 'MANDRILL', state: 'NONE' })
    expect(data.forceIntegration.forced).toBe('NONE')
  })
})

describe('another workspace', () => {
  test('has no accounts of the default one, and brings its own, encrypted', async () => {
    const workspaceId = await api.addWorkspace()
    const key = await api.addKey({ role: 'ADMIN', workspaceId })
    expect((await api.ask(listed, {}, { key })).data.integrations).toEqual([])
    expect((await api.ask(testing, { vendor: 'MAILCHIMP' }, { key })).data.testIntegration.code).toBe(
      'NOT_FOUND',
    )
    const account = {
      vendor: 'MAILCHIMP',
      settings: { audienceId: 'a6b5da1054' },
      credentials: { apiKey: `${'1'.repeat(32)}-us19` },
    }
    const { data } = await api.ask(connect, account, { key })
    expect(data.connectIntegration).toMatchObject({ vendor: 'MAILCHIMP', source: 'WORKSPACE' })
    expect((await api.ask(testing, { vendor: 'MAILCHIMP' }, { key })).data.testIntegration.ok).toBe(true)
    const [row] = await api.world
      .fork()
      .execute<{ credentials: string }[]>('select credentials from integration where workspace_id = ?', [
        workspaceId,
      ])
    expect(row!.credentials).toMatch(/^v1\.test\./)
    expect(row!.credentials).not.toContain('1111')
    const gone = await api.ask(
      'mutation { disconnectIntegration(input: { vendor: MAILCHIMP }) { __typename } }',
      {},
      { key },
    )
    expect(gone.data.disconnectIntegration.__typename).toBe('DisconnectIntegrationPayload')
    expect((await api.ask(listed, {}, { key })).data.integrations).toEqual([])
  })

  test('learns by a test which merge fields its audience does not have or take', async () => {
    const key = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
    const outcome = async (mergeFields: string) => {
      const settings = { audienceId: 'a6b5da1054', mergeFields }
      const credentials = { apiKey: `${'2'.repeat(32)}-us19` }
      await api.ask(connect, { vendor: 'MAILCHIMP', settings, credentials }, { key })
      return (await api.ask(testing, { vendor: 'MAILCHIMP' }, { key })).data.testIntegration
    }
    expect(await outcome('phone=PHONE, lastName=FNAME')).toMatchObject({ ok: true })
    expect(await outcome('company=COMPANY, createdAt=ADDRESS, phone=PHONE')).toEqual({
      ok: false,
      problemCode: 'UNUSABLE_SETTINGS',
      problem:
        'company: the audience has no merge field COMPANY; createdAt: ADDRESS is of type address, the value needs date or birthday or text',
    })
  })

  test('is told the form of a mapping that has another', async () => {
    const settings = { audienceId: 'a6b5da1054', mergeFields: 'company:COMPANY' }
    const credentials = { apiKey: `${'2'.repeat(32)}-us19` }
    const { data } = await api.ask(connect, { vendor: 'MAILCHIMP', settings, credentials })
    expect(data.connectIntegration.issues).toEqual([
      { path: 'settings.mergeFields', message: expect.stringContaining('expected field=TAG') },
    ])
  })

  test('learns what is wrong with what was entered, without the values', async () => {
    const { data } = await api.ask(connect, {
      vendor: 'MAILCHIMP',
      settings: { audience: 'x' },
      credentials: { apiKey: 'no-data-centre-here' },
    })
    const paths = data.connectIntegration.issues.map(({ path }: { path: string }) => path)
    expect(data.connectIntegration.code).toBe('INVALID_INPUT')
    expect(paths).toContain('settings.audienceId')
    expect(paths).toContain('credentials.apiKey')
    expect(JSON.stringify(data)).not.toContain('no-data-centre')
  })
})

test('an account cannot be connected while nothing can encrypt it, and the answer says what to set', async () => {
  const bare = await startApi([messageResolve], { ENCRYPTION_KEYS: '' })
  try {
    const variables = {
      vendor: 'MANDRILL',
      settings: { fromEmail: 'a@example.com' },
      credentials: { apiKey: 'md-of-its-own' },
    }
    const { data } = await bare.ask(connect, variables)
    expect(data.connectIntegration).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [
        { path: 'credentials', message: expect.stringMatching(/ENCRYPTION_KEYS.*openssl rand -base64 32/) },
      ],
    })
  } finally {
    await bare.close()
  }
})
