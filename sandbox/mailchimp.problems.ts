import { randomUUID } from 'node:crypto'
import { Refusal, type Reply } from './exchange.ts'
import type { Issue } from './shape.ts'

type Detail = { field: string; message: string }

const standard: Record<number, [title: string, detail: string]> = {
  400: ['Bad Request', 'Your request could not be processed.'],
  401: [
    'API Key Invalid',
    "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
  ],
  404: ['Resource Not Found', 'The requested resource could not be found.'],
  405: [
    'Method Not Allowed',
    "The requested method and resource are not compatible. See the Allow header for this resource's available methods.",
  ],
  429: ['TooManyRequests', 'You have exceeded the limit of 10 simultaneous connections.'],
  500: [
    'InternalServerError',
    'An unexpected internal error has occurred. Please contact Support for more information.',
  ],
  503: ['ServiceUnavailable', 'This service is temporarily unavailable. Please try again later.'],
}

/** Mailchimp's own answer for a status: problem+json, an empty 403 and an HTML 502 (integrations.md 3.2). */
export function problem(status: number, title?: string, detail?: string, errors?: Detail[]): Reply {
  if (title === undefined && status === 403) return { status, headers: { 'content-type': 'text/html' } }
  if (title === undefined && status === 502) return badGateway
  const [usualTitle, usualDetail] = standard[status] ?? [
    'InternalServerError',
    'An unexpected error has occurred.',
  ]
  const body = {
    type: 'https://mailchimp.com/developer/marketing/docs/errors/',
    title: title ?? usualTitle,
    status,
    detail: detail ?? usualDetail,
    instance: randomUUID(),
    ...(errors ? { errors } : {}),
  }
  return { status, body, headers: { 'content-type': 'application/problem+json; charset=utf-8' } }
}

const badGateway: Reply = {
  status: 502,
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
  headers: { 'content-type': 'text/html' },
}

/** Throws 400 Invalid Resource with one entry per field. */
export function refuseFields(errors: Detail[], detail = validationDetail): never {
  throw new Refusal(problem(400, 'Invalid Resource', detail, errors))
}

const validationDetail =
  "The resource submitted could not be validated. For field-specific details, see the 'errors' array."

/** Throws 400 with a title of its own and no field list. */
export function refuse(title: string, detail: string): never {
  throw new Refusal(problem(400, title, detail))
}

/** Body issues in Mailchimp's words. */
export function refuseIssues(issues: Issue[]): never {
  return refuseFields(issues.map((issue) => ({ field: issue.path.join('.'), message: wording(issue) })))
}

function wording(issue: Issue): string {
  if (issue.kind === 'type') return `Schema describes ${issue.message}, ${issue.got} found instead`
  if (issue.kind === 'missing') return `Required fields were not provided: ${issue.path.at(-1)}`
  return `This value ${issue.message}`
}
