import { Refusal, type Reply } from './exchange.ts'
import { type Issue, isObject } from './shape.ts'

type Name =
  | 'Invalid_Key'
  | 'PaymentRequired'
  | 'Unknown_Template'
  | 'Unknown_Message'
  | 'Unknown_Subaccount'
  | 'Unknown_Webhook'
  | 'Invalid_Reject'
  | 'ValidationError'
  | 'RequestLimitExceeded'
  | 'ServiceUnavailable'
  | 'GeneralError'

/** Code and HTTP status of each error name (integrations.md 4.3). */
const errors: Record<Name, [code: number, status: number]> = {
  Invalid_Key: [-1, 401],
  PaymentRequired: [10, 402],
  Unknown_Template: [5, 404],
  Unknown_Message: [11, 404],
  Unknown_Subaccount: [12, 404],
  Unknown_Webhook: [7, 404],
  Invalid_Reject: [8, 400],
  ValidationError: [-2, 400],
  RequestLimitExceeded: [429, 429],
  ServiceUnavailable: [-2, 503],
  GeneralError: [-1, 500],
}

function answer(name: Name, message: string, status = errors[name][1]): Reply {
  return { status, body: { status: 'error', code: errors[name][0], name, message } }
}

export function refuse(name: Name, message: string): never {
  throw new Refusal(answer(name, message))
}

const messages: Partial<Record<Name, string>> = {
  Invalid_Key: 'Invalid API key',
  PaymentRequired: 'The requested feature requires payment.',
  ValidationError: 'Validation error: {}',
  RequestLimitExceeded: 'You have exceeded the request limit for this method. Please try again later.',
  ServiceUnavailable: 'The subsystem providing this API call is down for maintenance',
}

const nameByStatus: Record<number, Name> = {
  400: 'ValidationError',
  401: 'Invalid_Key',
  402: 'PaymentRequired',
  404: 'Unknown_Message',
  429: 'RequestLimitExceeded',
  503: 'ServiceUnavailable',
}

/** Mandrill's own answer for a status. */
export function failure(status: number): Reply {
  const name = nameByStatus[status] ?? 'GeneralError'
  return answer(name, messages[name] ?? 'An unexpected error has occurred', status)
}

/**
 * Body issues in Mandrill's words: a missing argument is a GeneralError, everything else a
 * ValidationError whose message holds the issues as nested JSON.
 */
export function refuseIssues(issues: Issue[]): never {
  const absent = issues.find((issue) => issue.kind === 'missing' && issue.path.length === 1)
  if (absent) refuse('GeneralError', `You must specify a ${absent.path[0]} value`)
  const tree: Record<string, unknown> = {}
  for (const issue of issues) plant(tree, issue.path.map(String), wording(issue))
  return refuse('ValidationError', `Validation error: ${JSON.stringify(tree)}`)
}

function plant(tree: Record<string, unknown>, [first = '', ...rest]: string[], message: string): void {
  if (rest.length === 0) {
    tree[first] = message
    return
  }
  const next = isObject(tree[first]) ? tree[first] : {}
  tree[first] = next
  plant(next, rest, message)
}

function wording(issue: Issue): string {
  if (issue.kind === 'missing') return 'Please enter a value'
  if (issue.kind === 'type') return `Please enter a value of type ${issue.message}`
  return issue.kind === 'unknown' ? 'Unexpected field' : issue.message
}
