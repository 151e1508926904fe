import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { hasErrno, statementTimeout } from '../entities/sql.ts'
import { LedgerError } from '../ledger/errors.ts'
import { isDatabaseAway } from '../ledger/sql.ts'
import { type ErrorCode, errorCodes } from '../schema/index.ts'

/** What callers see of errors, the same over HTTP, SSE and WebSocket. */

/** An error of the edge itself. */
export function apiError(
  code: ErrorCode,
  message: string = errorCodes[code][0],
  http?: { status: number; headers?: Record<string, string> },
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...(http && { http }) } })
}

/**
 * Hides what is not meant for callers. Our own expected errors keep code and message; everything else becomes INTERNAL, or UNAVAILABLE when MariaDB is away,
 * with the real error in `originalError` for the log.
 */
export function maskError(error: unknown): GraphQLError {
  const cause = causeOf(error)
  const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (cause instanceof GraphQLError)
    return cause === error
      ? cause
      : new GraphQLError(cause.message, { ...place, extensions: cause.extensions })
  if (cause instanceof LedgerError && cause.code in errorCodes)
    return new GraphQLError(cause.message, { ...place, extensions: { code: cause.code } })
  if ((cause as { errno?: number } | undefined)?.errno === illegalCharacters)
    return new GraphQLError('An id or key holds characters that cannot occur in one', {
      ...place,
      extensions: { code: 'INVALID_INPUT' },
    })
  if (isAbort(cause))
    return new GraphQLError('The caller left', { ...place, extensions: { code: 'INTERNAL' } })
  if (hasErrno(cause, [statementTimeout]))
    return new GraphQLError(errorCodes.TOO_SLOW[0], { ...place, extensions: { code: 'TOO_SLOW' } })
  const originalError = cause instanceof Error ? cause : new Error(String(cause))
  const code = isDatabaseAway(cause) ? 'UNAVAILABLE' : 'INTERNAL'
  return new GraphQLError(errorCodes[code][0], { ...place, originalError, extensions: { code } })
}

/** MariaDB compares ids and keys byte by byte in ASCII, and refuses a value that is not (ER_CANT_AGGREGATE_2COLLATIONS). */
const illegalCharacters = 1267

/** What was cancelled because nobody waits for it: nothing went wrong. */
const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error
}

/** Adds what every error carries, and logs those nobody expected. */
export function presentErrors(
  errors: readonly GraphQLError[],
  correlationId: string,
  log: Logger,
): GraphQLError[] {
  return errors.map((error) => {
    const masked = maskError(error)
    if (masked.originalError)
      log.error(
        { err: masked.originalError, correlationId, path: masked.path?.join('.') },
        'Unexpected error in a resolver',
      )
    const { nodes, source, positions, path, extensions, originalError } = masked
    return new GraphQLError(masked.message, {
      nodes,
      source,
      positions,
      path,
      originalError,
      extensions: { ...extensions, code: extensions.code ?? codeFor(masked), correlationId },
    })
  })
}

function codeFor(error: GraphQLError): ErrorCode {
  if (error.message.startsWith('Syntax Error')) return 'GRAPHQL_PARSE_FAILED'
  return error.nodes ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_REQUEST'
}
