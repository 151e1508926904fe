import { randomBytes } from 'node:crypto'
import { Refusal, type Reply } from './exchange.ts'
import type { Issue } from './shape.ts'

/** Message and HTTP status per Graph error code (integrations.md 5.6). */
const errors: Record<number, [message: string, status: number]> = {
  1: ['An unknown error occurred', 500],
  2: ['Service temporarily unavailable', 503],
  3: ['Application does not have the capability to make this API call.', 403],
  4: ['Application request limit reached', 429],
  33: ['Unsupported request', 400],
  100: ['Invalid parameter', 400],
  190: ['Invalid OAuth access token - Cannot parse access token', 401],
  130429: ['Rate limit hit', 429],
  131000: ['Something went wrong', 500],
  131008: ['Required parameter is missing', 400],
  131009: ['Parameter value is not valid', 400],
  131021: ['Recipient cannot be sender', 400],
  131026: ['Message undeliverable', 400],
  131047: ['Re-engagement message', 400],
  131051: ['Unsupported message type', 400],
  131056: ['(Business Account, Consumer Account) pair rate limit hit', 400],
  132000: ['Number of parameters does not match the expected number of params', 400],
  132001: ['Template name does not exist in the translation', 404],
  132005: ['Translated text too long', 400],
  132012: ['Parameter format does not match format in the created template', 400],
}

type Extra = { details?: string | undefined; message?: string; subcode?: number; status?: number }

/** A Graph error answer: `build on code and error_data.details`, as Meta says. */
export function graphError(code: number, extra: Extra = {}): Reply {
  const [title, usualStatus] = errors[code] ?? ['An unknown error occurred', 500]
  const numbered = code >= 3 && code !== 190 ? `(#${code}) ${title}` : title
  const error = {
    message: extra.message ?? numbered,
    type: 'OAuthException',
    code,
    ...(extra.subcode === undefined ? {} : { error_subcode: extra.subcode }),
    ...(extra.details ? { error_data: { messaging_product: 'whatsapp', details: extra.details } } : {}),
    fbtrace_id: `A${randomBytes(16).toString('base64url')}`,
  }
  return {
    status: extra.status ?? usualStatus,
    body: { error },
    headers: { 'facebook-api-version': 'v25.0' },
  }
}

export function refuse(code: number, details?: string): never {
  throw new Refusal(graphError(code, { details }))
}

const codeByStatus: Record<number, number> = { 400: 100, 401: 190, 403: 3, 429: 130429, 500: 131000, 503: 2 }

/** Meta's own answer for a status; 429 is the throughput limit. */
export function failure(status: number): Reply {
  return graphError(codeByStatus[status] ?? 1, { status })
}

/** The error as it appears in a `failed` status. */
export function asyncError(code: number, details: string) {
  const title = errors[code]?.[0] ?? 'Something went wrong'
  const href = 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/'
  return { code, title, message: title, error_data: { details }, href }
}

/** Body issues in Meta's words: unknown key 100, missing 131008, anything else 131009. */
export function refuseIssues([issue]: Issue[]): never {
  if (!issue) return refuse(100)
  if (issue.kind === 'unknown') {
    const place = paramName(issue.path.slice(0, -1))
    const message = `(#100) Unexpected key "${issue.got}"${place === '' ? '' : ` on param "${place}"`}.`
    throw new Refusal(graphError(100, { message }))
  }
  const name = paramName(issue.path)
  if (issue.kind === 'missing') return refuse(131008, `Parameter ${name} is required`)
  return refuse(
    131009,
    `Parameter ${name} ${issue.kind === 'type' ? `must be of type ${issue.message}` : issue.message}`,
  )
}

/** Meta writes nested parameters as `template['language']['code']`. */
function paramName([first, ...rest]: Issue['path']): string {
  return `${first ?? ''}${rest.map((part) => (typeof part === 'number' ? `[${part}]` : `['${part}']`)).join('')}`
}
