import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Gate } from '../gate.ts'
import type { OAuthToken } from '../oauth.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { createHubspot } from './hubspot.ts'
import { createHubspotTokens } from './tokens.ts'

const context = { signal: new AbortController().signal }
let stub: Stub
let stored: OAuthToken | undefined
let left: ((call: string) => void) | undefined
beforeEach(async () => {
  stub = await startStub()
  stored = undefined
  left = undefined
})
afterEach(() => stub[Symbol.asyncDispose]())

/** Lets everything through and tells how calls ended. */
const gate = {
  enter: async ({ operation }) => ({
    leave: async (end) => {
      left?.(`${operation} ${end.ok ? 'OK' : end.error?.errorClass}`)
      return undefined
    },
  }),
} as Pick<Gate, 'enter'> as Gate

const tokens = () =>
  createHubspotTokens({
    baseUrl: stub.url,
    apiVersion: '2026-09',
    clientId: 'client-1',
    clientSecret: 'canary-secret',
    refreshToken: 'canary-refresh',
    gate,
    read: async () => stored,
    store: async (token) => {
      stored = token
    },
    lock: (work) => work(),
  })
const hubspot = () => createHubspot({ baseUrl: stub.url, token: tokens(), apiVersion: '2026-09', gate })

/** The token service gives `access-1`, `access-2` …; the API takes those that are `good`. */
function portal(good: RegExp, refused: StubAnswer): void {
  let given = 0
  stub.reply = (request, response) => {
    const grant = { access_token: `access-${++given}`, refresh_token: 'canary-refresh', expires_in: 1800 }
    const isToken = request.url?.startsWith('/oauth/')
    if (!isToken) given -= 1
    const ok = { status: 200, body: isToken ? grant : { id: '512' } }
    const answer = isToken || good.test(request.headers.authorization ?? '') ? ok : refused
    response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body))
  }
}

const expired = { status: 401, body: { status: 'error', category: 'EXPIRED_AUTHENTICATION' } }
const contact = { email: 'jane@example.com', fields: { firstName: 'Jane' } }
const seen = () => stub.requests.map(({ path, headers }) => `${path} ${headers.authorization ?? '-'}`)
const CONTACT = '/crm/objects/2026-09/contacts'

describe('a HubSpot app with OAuth', () => {
  test('asks for a token as a form, keeps it and calls with it', async () => {
    portal(/access-1/, expired)
    const before = Date.now()
    await hubspot().upsertContact(contact, context)
    await hubspot().upsertContact(contact, context)
    const [renewal] = stub.requests
    expect(renewal).toMatchObject({ method: 'POST', path: '/oauth/2026-09/token' })
    expect(renewal!.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
    expect(renewal!.body).toBe(
      'grant_type=refresh_token&client_id=client-1&client_secret=canary-secret&refresh_token=canary-refresh',
    )
    expect(seen().slice(1)).toEqual([`${CONTACT} Bearer access-1`, `${CONTACT} Bearer access-1`])
    expect(stored).toMatchObject({ accessToken: 'access-1', refreshToken: 'canary-refresh' })
    expect(stored!.expiresAt.getTime() - stored!.obtainedAt.getTime()).toBe(1_800_000)
    expect(stored!.obtainedAt.getTime()).toBeGreaterThanOrEqual(before)
  })

  test('a token that expires in the middle is renewed once and the call repeated once, without an AUTH error', async () => {
    portal(/access-2/, expired)
    const ends: string[] = []
    left = (end) => void ends.push(end)
    expect(await hubspot().upsertContact(contact, context)).toEqual({ contactId: '512', created: true })
    expect(seen()).toEqual([
      '/oauth/2026-09/token -',
      `${CONTACT} Bearer access-1`,
      '/oauth/2026-09/token -',
      `${CONTACT} Bearer access-2`,
    ])
    // An AUTH error would stop the whole account.
    expect(ends).toEqual([
      'refreshToken OK',
      'upsertContact PERMANENT',
      'refreshToken OK',
      'upsertContact OK',
    ])
  })

  test('a token that is refused although it is new is AUTH, after one renewal and no more', async () => {
    portal(/never/, expired)
    const error = await failureOf(hubspot().upsertContact(contact, context))
    expect(error).toMatchObject({ errorClass: 'AUTH', code: 'EXPIRED_AUTHENTICATION' })
    expect(stub.requests).toHaveLength(4)
  })

  test('a call is not repeated for any other refusal', async () => {
    portal(/never/, { status: 401, body: { status: 'error', category: 'INVALID_AUTHENTICATION' } })
    const error = await failureOf(hubspot().upsertContact(contact, context))
    expect(error).toMatchObject({ errorClass: 'AUTH', code: 'INVALID_AUTHENTICATION' })
    expect(stub.requests).toHaveLength(2)
  })

  test('a dead refresh token is AUTH and says what to do, without the token or the secret', async () => {
    const body = { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown canary-refresh canary-secret' }
    stub.reply = { status: 400, body }
    const error = await failureOf(hubspot().upsertContact(contact, context))
    expect(error).toMatchObject({ errorClass: 'AUTH', operation: 'refreshToken' })
    expect((error as Error).message).toBe(
      'hubspot refreshToken: HTTP 400, BAD_REFRESH_TOKEN: HubSpot no longer accepts the refresh token: connect the account again',
    )
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('canary')
  })
})

test('a service key of HubSpot that expired is AUTH at once: it cannot be renewed', async () => {
  stub.reply = expired
  const fixed = createHubspot({ baseUrl: stub.url, token: 'pat', apiVersion: '2026-09' })
  expect(await failureOf(fixed.upsertContact(contact, context))).toMatchObject({ errorClass: 'AUTH' })
  expect(stub.requests).toHaveLength(1)
})
