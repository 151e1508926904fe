import { GraphQLError } from 'graphql'
import type { Reply } from './exchange.ts'

type Code =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'INTERNAL_SERVER_ERROR'

/** An error as Twenty tells it: with a code, and sometimes a sub-code. */
export function fault(message: string, code: Code = 'BAD_USER_INPUT', subCode?: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...(subCode ? { subCode } : {}) } })
}

/** Errors come with HTTP 200 unless something in front of the API answers. */
export function answer(errors: readonly GraphQLError[], status = 200): Reply {
  return { status, body: { errors: errors.map((error) => error.toJSON()) } }
}

export function limitReached(max: number): GraphQLError {
  return fault(`Limit reached (${max} tokens per 60000 ms)`, 'BAD_USER_INPUT', 'LIMIT_REACHED')
}

const byStatus: Record<number, [Code, string]> = {
  400: ['BAD_USER_INPUT', 'Bad request'],
  401: ['UNAUTHENTICATED', 'Token invalid.'],
  403: ['FORBIDDEN', 'This entity does not have permission to do this.'],
  404: ['NOT_FOUND', 'Record not found'],
}

/** Twenty's own answer for a status. */
export function failure(status: number): Reply {
  if (status === 429) return answer([limitReached(100)], status)
  const [code, message] = byStatus[status] ?? ['INTERNAL_SERVER_ERROR', 'An error occurred.']
  return answer([fault(message, code)], status)
}
