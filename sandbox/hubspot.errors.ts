import { randomUUID } from 'node:crypto'
import { Refusal, type Reply } from './exchange.ts'
import type { Issue } from './shape.ts'

type Detail = { message: string; code?: string; context?: Record<string, string[]> }

/** HubSpot's error body; every field but `category` is there for people (integrations.md 6.5). */
export function errorReply(status: number, category: string, message: string, errors?: Detail[]): Reply {
  const body = {
    status: 'error',
    message,
    correlationId: randomUUID(),
    category,
    ...(errors ? { errors } : {}),
  }
  return { status, body }
}

export function refuse(status: number, category: string, message: string, errors?: Detail[]): never {
  throw new Refusal(errorReply(status, category, message, errors))
}

const policies = {
  TEN_SECONDLY_ROLLING: 'ten_secondly_rolling',
  SECONDLY: 'secondly',
  DAILY: 'daily',
} as const

/** 429: the policy's name says how long to wait; there is no Retry-After. */
export function rateLimited(policyName: keyof typeof policies): Reply {
  const message = `You have reached your ${policies[policyName]} limit.`
  const body = { status: 'error', message, errorType: 'RATE_LIMIT', correlationId: randomUUID(), policyName }
  return { status: 429, body }
}

/** 477: the account is moved to another data centre; Retry-After says for how many seconds. */
export function migrating(seconds: number): Reply {
  const reply = errorReply(477, 'MIGRATION_IN_PROGRESS', 'This account is being migrated; try again later.')
  return { ...reply, headers: { 'retry-after': String(seconds) } }
}

const standard: Record<number, [category: string, message: string]> = {
  400: ['VALIDATION_ERROR', 'Invalid input'],
  401: ['INVALID_AUTHENTICATION', 'Authentication credentials not found.'],
  403: ['MISSING_SCOPES', 'This app hasn’t been granted all required scopes to make this call.'],
  404: ['OBJECT_NOT_FOUND', 'resource not found'],
  405: ['METHOD_NOT_ALLOWED', 'Method not allowed'],
  409: ['CONFLICT', 'Conflict'],
  414: ['URI_TOO_LONG', 'The URI is too long'],
  423: ['LOCKED', 'The resource is locked; try again later.'],
  503: ['SERVICE_UNAVAILABLE', 'Service temporarily unavailable'],
}

/** HubSpot's own answer for a status. */
export function failure(status: number): Reply {
  if (status === 429) return rateLimited('TEN_SECONDLY_ROLLING')
  if (status === 477) return migrating(60)
  const [category, message] = standard[status] ?? ['INTERNAL_ERROR', 'internal error']
  return errorReply(status, category, message)
}

/** Body issues in HubSpot's words. */
export function refuseIssues(issues: Issue[]): never {
  const texts = issues.map((issue) => `${issue.path.join('.') || 'body'} ${wording(issue)}`)
  return refuse(400, 'VALIDATION_ERROR', `Invalid input JSON: ${texts.join('; ')}`)
}

function wording(issue: Issue): string {
  return issue.kind === 'type' ? `must be of type ${issue.message}, not ${issue.got}` : issue.message
}
