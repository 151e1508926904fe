import { describe, expect, test } from 'vitest'
import { type ErrorRow, testErrorTable } from '../error-rows.ts'
import { failureOf, type StubAnswer, startStub } from '../stub.ts'
import { HUBSPOT_RULES, TOKEN_RULES } from './errors.ts'
import { createHubspot } from './hubspot.ts'
import { createHubspotTokens } from './tokens.ts'

const context = { signal: new AbortController().signal }
const problem = (fields: object, headers = {}): StubAnswer => ({
  body: { status: 'error', ...fields },
  headers,
})
const contact = { email: 'jane@example.com', fields: { firstName: 'Jane' } }
const hubspot = (baseUrl: string) => createHubspot({ baseUrl, token: 't', apiVersion: '2026-09' })
const REFUSED = { recipientRefused: true }

describe('HubSpot’s error table', () => {
  const limit = (policyName: string, headers = {}) =>
    problem({ errorType: 'RATE_LIMIT', policyName }, headers)
  const rows: ErrorRow[] = [
    [400, problem({ category: 'VALIDATION_ERROR', message: 'Property "x" does not exist' }), 'PERMANENT'],
    [
      400,
      problem({ category: 'VALIDATION_ERROR', errors: [{ code: 'INVALID_EMAIL' }] }),
      'PERMANENT',
      REFUSED,
    ],
    [400, problem({ message: 'Invalid JSON' }), 'PERMANENT'],
    [401, problem({ category: 'EXPIRED_AUTHENTICATION' }), 'AUTH', { code: 'EXPIRED_AUTHENTICATION' }],
    [401, problem({ category: 'INVALID_AUTHENTICATION' }), 'AUTH'],
    [403, problem({ category: 'MISSING_SCOPES' }), 'AUTH'],
    [404, problem({ category: 'OBJECT_NOT_FOUND' }), 'PERMANENT'],
    [404, { body: '' }, 'PERMANENT', { code: 'HTTP_404' }],
    [207, problem({ results: [], errors: [{ category: 'OBJECT_NOT_FOUND' }] }), 'PERMANENT'],
    [
      207,
      problem({ results: [], errors: [{ category: 'VALIDATION_ERROR' }] }),
      'PERMANENT',
      { code: 'VALIDATION_ERROR' },
    ],
    [409, problem({ category: 'CONFLICT', message: '513 already has that value.' }), 'PERMANENT'],
    [409, { body: '' }, 'PERMANENT'],
    [414, { body: '' }, 'PERMANENT'],
    [423, problem({}), 'TRANSIENT', { retryAfterMs: 2_000 }],
    [429, limit('TEN_SECONDLY_ROLLING'), 'THROTTLED', { retryAfterMs: 10_000, code: 'TEN_SECONDLY_ROLLING' }],
    [429, limit('TEN_SECONDLY_ROLLING', { 'retry-after': '3' }), 'THROTTLED', { retryAfterMs: 3_000 }],
    [429, limit('SECONDLY'), 'THROTTLED', { retryAfterMs: 1_000 }],
    [429, limit('DAILY'), 'THROTTLED', { retryAfterMs: 3_600_000 }],
    [429, problem({}), 'THROTTLED', { retryAfterMs: 10_000 }],
    [477, problem({}, { 'retry-after': '120' }), 'THROTTLED', { retryAfterMs: 120_000 }],
    [477, problem({}, { 'retry-after': 'soon' }), 'THROTTLED', { retryAfterMs: 60_000 }],
    ...[500, 502, 503, 504, 521, 522, 523, 524].map(
      (status): ErrorRow => [status, { body: '' }, 'TRANSIENT'],
    ),
  ]
  testErrorTable(HUBSPOT_RULES, rows, (baseUrl) => hubspot(baseUrl).upsertContact(contact, context))
})

describe('the error table of HubSpot’s token service', () => {
  const RECONNECT = 'AUTH'
  const rows: ErrorRow[] = [
    [400, problem({ status: 'BAD_REFRESH_TOKEN' }), RECONNECT, { code: 'BAD_REFRESH_TOKEN' }],
    [400, { body: { error: 'invalid_grant' } }, RECONNECT, { code: 'invalid_grant' }],
    [400, problem({ status: 'BAD_HUB' }), RECONNECT, { code: 'BAD_HUB' }],
    [400, problem({ status: 'BAD_CLIENT_ID' }), 'AUTH', { code: 'BAD_CLIENT_ID' }],
    [401, { body: { error: 'invalid_client' } }, 'AUTH'],
    [403, { body: '' }, 'AUTH', { code: 'HTTP_403' }],
    [429, problem({}), 'THROTTLED'],
    [477, problem({}), 'THROTTLED', { retryAfterMs: 60_000 }],
    [502, { body: '<html>' }, 'TRANSIENT'],
  ]
  testErrorTable(TOKEN_RULES, rows, (baseUrl) =>
    createHubspotTokens({
      baseUrl,
      apiVersion: '2026-09',
      clientId: 'id',
      clientSecret: 'secret',
      refreshToken: 'refresh',
      read: async () => undefined,
      store: async () => undefined,
      lock: (work) => work(),
    }).current(context.signal),
  )
})

test('HubSpot’s explanation of a refused value is quoted without the value, and names the property', async () => {
  const message = 'Property values were not valid'
  const detail = 'Email address jane@example.com is invalid for firstname Jane'
  await using stub = await startStub({
    status: 400,
    body: {
      category: 'VALIDATION_ERROR',
      correlationId: 'a43683b0',
      message,
      errors: [{ message: detail, code: 'INVALID_OPTION' }],
    },
  })
  const error = await failureOf(hubspot(stub.url).upsertContact(contact, context))
  expect(error).toMatchObject({ requestId: 'a43683b0' })
  expect((error as Error).message).toBe(
    'hubspot upsertContact: HTTP 400, VALIDATION_ERROR: a property, option or rule of the portal is violated ' +
      '(Property values were not valid; INVALID_OPTION: Email address [email] is invalid for firstname […])',
  )
})
