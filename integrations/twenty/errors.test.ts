import { describe } from 'vitest'
import { type ErrorRow, testErrorTable } from '../error-rows.ts'
import type { StubAnswer } from '../stub.ts'
import { TWENTY_RULES } from './errors.ts'
import { createTwenty } from './twenty.ts'

const context = { signal: new AbortController().signal }

describe('Twenty’s error table', () => {
  const problem = (code: string | undefined, message = 'Why.', subCode?: string): StubAnswer => ({
    body: { errors: [{ message, extensions: { code, subCode } }], data: null },
  })
  const rows: ErrorRow[] = [
    [
      200,
      problem('BAD_USER_INPUT', 'Too fast', 'LIMIT_REACHED'),
      'THROTTLED',
      { code: 'LIMIT_REACHED', retryAfterMs: 10_000 },
    ],
    [200, problem('BAD_USER_INPUT', 'Limit reached (100 tokens per 60000 ms)'), 'THROTTLED'],
    [429, { body: '', headers: { 'retry-after': '7' } }, 'THROTTLED', { retryAfterMs: 7_000 }],
    [200, problem('UNAUTHENTICATED'), 'AUTH', { code: 'UNAUTHENTICATED' }],
    [401, { body: { statusCode: 401, messages: ['Token invalid.'] } }, 'AUTH', { code: 'HTTP_401' }],
    [200, problem('FORBIDDEN'), 'AUTH'],
    [403, { body: '' }, 'AUTH'],
    [
      200,
      problem('BAD_USER_INPUT', `Invalid string value 'x' for email field "emails.primaryEmail"`),
      'PERMANENT',
      { recipientRefused: true },
    ],
    [
      200,
      problem('BAD_USER_INPUT', 'A duplicate entry was detected'),
      'PERMANENT',
      { code: 'DUPLICATE_ENTRY' },
    ],
    [
      200,
      problem('BAD_USER_INPUT', 'Duplicate Emails. Please set a unique one.'),
      'PERMANENT',
      { code: 'DUPLICATE_ENTRY' },
    ],
    [200, problem('BAD_USER_INPUT', 'Provided phone number is invalid'), 'PERMANENT'],
    [400, problem('GRAPHQL_VALIDATION_FAILED', 'Field "x" is not defined'), 'PERMANENT'],
    [400, problem('GRAPHQL_PARSE_FAILED'), 'PERMANENT'],
    [200, problem('NOT_FOUND'), 'PERMANENT'],
    [200, problem('CONFLICT'), 'PERMANENT'],
    [200, problem('METHOD_NOT_ALLOWED'), 'PERMANENT'],
    [200, problem('PERSISTED_QUERY_NOT_FOUND'), 'PERMANENT'],
    [200, problem('PERSISTED_QUERY_NOT_SUPPORTED'), 'PERMANENT'],
    [200, problem('TIMEOUT'), 'TRANSIENT'],
    [200, problem('INTERNAL_SERVER_ERROR'), 'TRANSIENT', { code: 'INTERNAL_SERVER_ERROR' }],
    [200, problem(undefined), 'PERMANENT', { code: 'GRAPHQL_ERROR' }],
    [500, problem(undefined), 'TRANSIENT', { code: 'HTTP_500' }],
    [502, { body: '<html>Bad gateway</html>' }, 'TRANSIENT', { code: 'HTTP_502' }],
    [404, { body: 'Cannot POST /graphql' }, 'PERMANENT'],
    [200, { body: '<html>Welcome</html>' }, 'TRANSIENT', { code: 'ANSWER_NOT_UNDERSTOOD' }],
    [302, { headers: { location: '/login' } }, 'TRANSIENT'],
  ]
  const contact = { email: 'jane@example.com', fields: { firstName: 'Jane' } }
  testErrorTable(TWENTY_RULES, rows, (baseUrl) =>
    createTwenty({ baseUrl, apiKey: 'k' }).upsertContact(contact, context),
  )
})
