import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, getOperationAST } from 'graphql'
import type { Logger } from 'pino'
import type { EdgeContext } from './edge-context.ts'
import { presentErrors } from './errors.ts'
import type { Yoga } from './graphql.ts'
import { type Params, prepare, toJson } from './operation.ts'

/**
 * The short way through the door, for what nearly every request is: a query or mutation as JSON that is in order. Yoga
 * builds a Request, a Response and three streams for each, which costs more than all of the rest; here the same parser,
 * validation and execution run without them. Whatever is unusual or wrong goes to Yoga, with the body that was read:
 * nothing has been executed by then, and Yoga knows how to say what is wrong.
 */

const knownParams = new Set(['query', 'variables', 'operationName', 'extensions'])

/** @returns whether the request was answered */
export async function answerQuickly(
  yoga: Yoga,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  context: EdgeContext,
  body: unknown,
): Promise<boolean> {
  const type = answerType(request)
  if (!type || !context.caller || !isOrdinary(body)) return false
  const operation = await prepare(yoga, { ...context }, body)
  if (Array.isArray(operation)) return false
  const kind = getOperationAST(operation.document, operation.operationName)?.operation
  if (kind !== 'query' && kind !== 'mutation') return false
  const result = (await operation.rootValue.execute(operation)) as ExecutionResult
  if (!('data' in result)) return false
  const errors = result.errors && presentErrors(result.errors, context.correlationId, log).map(toJson)
  const text = JSON.stringify({ ...result, errors })
  response
    .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(text) })
    .end(text)
  return true
}

/** The media type both sides like best; undefined when it takes more than a look. */
function answerType({ headers }: IncomingMessage): string | undefined {
  // Yoga knows who may read the answer in a browser of another origin.
  if (headers.origin) return undefined
  const accept = headers.accept ?? '*/*'
  if (accept.includes('q=')) return undefined
  if (accept.includes('application/graphql-response+json')) return 'application/graphql-response+json'
  return accept.includes('application/json') || accept.includes('*/*') ? 'application/json' : undefined
}

function isOrdinary(body: unknown): body is Params {
  if (typeof body !== 'object' || body === null || !Object.keys(body).every((key) => knownParams.has(key)))
    return false
  const { query, variables, operationName, extensions } = body as Record<string, unknown>
  return (
    typeof query === 'string' &&
    isObjectOrNothing(variables) &&
    isObjectOrNothing(extensions) &&
    (operationName == null || typeof operationName === 'string')
  )
}

const isObjectOrNothing = (value: unknown) =>
  value == null || (typeof value === 'object' && !Array.isArray(value))
