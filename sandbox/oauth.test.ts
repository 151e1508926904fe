import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox()
})
afterEach(() => sandbox.close())

const client = { client_id: 'app', client_secret: 'secret' }
const form = (fields: Record<string, string>) =>
  sandbox.ask('POST', '/hs/oauth/2026-09/token', new URLSearchParams({ ...client, ...fields }).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  })
const refresh = (refresh_token = 'refresh-1') => form({ grant_type: 'refresh_token', refresh_token })
const read = (token: string) =>
  sandbox.ask('GET', '/hs/crm/properties/2026-09/contacts', undefined, { authorization: `Bearer ${token}` })
const counts = async () => (await sandbox.ask('GET', '/_sandbox/state')).body.hubspot.oauth

test('a person who agrees comes back with a code that is worth tokens once', async () => {
  const query = new URLSearchParams({
    client_id: 'app',
    redirect_uri: 'http://127.0.0.1:1/back?a=1',
    state: 's1',
    scope: 'x',
  })
  const agreed = await fetch(`${sandbox.url}/hs/oauth/authorize?${query}`, { redirect: 'manual' })
  const back = new URL(agreed.headers.get('location') ?? '')
  expect([back.searchParams.get('a'), back.searchParams.get('state')]).toEqual(['1', 's1'])
  const code = back.searchParams.get('code') ?? ''
  const exchange = () =>
    form({ grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1:1/back?a=1' })
  const { body } = await exchange()
  expect(body).toMatchObject({ token_type: 'bearer', expires_in: 1800 })
  expect((await read(body.access_token)).status).toBe(200)
  expect((await refresh(body.refresh_token)).body.refresh_token).toBe(body.refresh_token)
  expect(await exchange()).toMatchObject({ status: 400, body: { status: 'BAD_AUTH_CODE' } })
  expect(await counts()).toMatchObject({ exchanges: 1, refreshes: 1 })
})

test('an access token ends when it said it would, and a new one opens the door again', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { hubspotTokenSeconds: 1 })
  const { access_token } = (await refresh()).body
  expect((await read(access_token)).status).toBe(200)
  await expect.poll(async () => (await read(access_token)).status, { timeout: 5000 }).toBe(401)
  expect((await read(access_token)).body).toMatchObject({
    category: 'EXPIRED_AUTHENTICATION',
    message: expect.stringMatching(/expired \d+ second\(s\) ago/),
  })
  expect((await read((await refresh()).body.access_token)).status).toBe(200)
})

test.each([
  ['refresh-dead-1', { status: 'BAD_REFRESH_TOKEN' }],
  ['refresh-gone-1', { error: 'invalid_grant' }],
  ['nothing', { status: 'BAD_REFRESH_TOKEN' }],
])('the refresh token %s is dead', async (token, body) => {
  expect(await refresh(token)).toMatchObject({ status: 400, body })
  expect((await counts()).refreshes).toBe(0)
})

test.each([
  ['a wrong secret', { client_secret: 'bad' }, 'BAD_CLIENT_SECRET'],
  ['a wrong client', { client_id: 'bad' }, 'BAD_CLIENT_ID'],
  ['no secret', { client_secret: '' }, 'error'],
  ['another grant', { grant_type: 'password' }, 'error'],
  ['an unknown field', { scope: 'x' }, 'error'],
])('a token request with %s is refused', async (_, fields, status) => {
  const answer = await form({ grant_type: 'refresh_token', refresh_token: 'refresh-1', ...fields })
  expect(answer).toMatchObject({ status: 400, body: { status } })
})

test('a token request in JSON is refused', async () => {
  expect((await sandbox.ask('POST', '/hs/oauth/v1/token', { grant_type: 'refresh_token' })).status).toBe(415)
})

test('once the app is uninstalled or a token revoked, nothing opens any more', async () => {
  const { access_token } = (await refresh('refresh-2')).body
  await sandbox.ask('POST', '/hs/oauth/2026-09/token/revoke', 'token=refresh-2', {
    'content-type': 'application/x-www-form-urlencoded',
  })
  expect((await refresh('refresh-2')).body.status).toBe('BAD_REFRESH_TOKEN')
  await sandbox.ask('POST', '/_sandbox/events', { vendor: 'hubspot', type: 'uninstall' })
  expect((await read(access_token)).body.category).toBe('INVALID_AUTHENTICATION')
  expect((await refresh('refresh-1')).status).toBe(400)
})

test('the tokens of an app share its limits, and tell how many calls were there at once', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { hubspotPerTenSeconds: 2, hubspotLatencyMs: 100 })
  const tokens = [(await refresh()).body.access_token, (await refresh()).body.access_token]
  const answers = await Promise.all([...tokens, ...tokens].map(read))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(2)
  const { hubspot } = (await sandbox.ask('GET', '/_sandbox/state')).body.limits
  expect(hubspot).toMatchObject({ perTenSecondsHighest: 4, refused: 2 })
  expect(hubspot.connectionsHighest).toBeGreaterThan(1)
})

test.each([
  ['pat-garbled', 401, 'EXPIRED_AUTHENTICATION', '20705 day(s)'],
  ['pat-scopeless', 403, 'MISSING_SCOPES', 'scopes'],
  ['oat-unknown', 401, 'INVALID_AUTHENTICATION', ''],
])('the token %s is refused in its own way', async (token, status, category, text) => {
  const answer = await read(token)
  expect(answer).toMatchObject({ status, body: { category } })
  expect(answer.body.message).toContain(text)
})
