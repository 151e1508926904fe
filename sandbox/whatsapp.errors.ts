import { randomBytes } from 'node:crypto'
import { Refusal, type Reply } from './exchange.ts'
import type { Issue } from './shape.ts'
import { codes } from './whatsapp.codes.ts'
import { WABA } from './whatsapp.messages.ts'

type Extra = { details?: string | undefined; message?: string; subcode?: number; status?: number }

/** Meta says in a header for how many minutes an account that called too often has to wait. */
const usage = JSON.stringify({
  [WABA]: [{ type: 'messaging', call_count: 100, estimated_time_to_regain_access: 1 }],
})

/** A Graph error answer: `build on code and error_data.details`, as Meta says. */
export function graphError(code: number, extra: Extra = {}): Reply {
  const [title, usualStatus] = codes[code] ?? ['An unknown error occurred', 500]
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
    headers: {
      'facebook-api-version': 'v25.0',
      ...(code === 4 || code === 80007 ? { 'x-business-use-case-usage': usage } : {}),
    },
  }
}

export function refuse(code: number, details?: string): never {
  throw new Refusal(graphError(code, { details }))
}

const codeByStatus: Record<number, number> = {
  400: 100,
  401: 190,
  403: 3,
  404: 33,
  429: 130429,
  500: 131000,
  503: 2,
}

/** Meta's own answer for a status; 429 is the throughput limit. */
export function failure(status: number): Reply {
  return graphError(codeByStatus[status] ?? 1, { status })
}

/** The error as it appears in a `failed` status. */
export function asyncError(code: number, details: string) {
  const title = codes[code]?.[0] ?? 'Something went wrong'
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
