import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Warn } from '../ledger/seldom.ts'
import { type Config, listOf } from '../runtime/config.ts'
import { type Caller, type ErrorCode, errorCodes } from '../schema/index.ts'
import { secretIn } from './auth.ts'
import { handOver, parseJson, readBody, sendsJson } from './body.ts'
import { BodyRefused } from './body-budget.ts'
import { correlationIdOf, type EdgeContext } from './edge-context.ts'
import type { Yoga } from './graphql.ts'
import type { Keyring } from './keyring.ts'
import { answerQuickly } from './quick.ts'

interface Parts {
  config: Config
  log: Logger
  /** For what may come with every request. */
  warn: Warn
  yoga: Yoga
  keyring: Keyring
}

/** GraphQL over HTTP: finds out who asks, reads the body, and lets the short way or Yoga answer. */
export async function answerGraphql(
  { config, log, warn, yoga, keyring }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method } = request
  const correlationId = correlationIdOf(headers['x-correlation-id'])
  response.setHeader('X-Correlation-Id', correlationId)
  let caller: Caller | undefined
  try {
    caller = method === 'OPTIONS' ? undefined : await keyring.find(secretIn(headers.authorization))
  } catch (error) {
    warn({ err: error }, 'Keys cannot be looked up; requests are answered 503')
    return refuse(response, 503, 'UNAVAILABLE', correlationId)
  }
  const context: EdgeContext = {
    correlationId,
    caller,
    idempotencyKey: headers['idempotency-key']?.toString(),
    left: leaving(response),
  }
  const fromPage = headers.origin !== undefined && listOf(config.CORS_ORIGINS).length > 0
  if (!caller && method !== 'OPTIONS' && !fromPage)
    return refuse(response, 401, 'UNAUTHENTICATED', correlationId)
  if (method === 'POST') {
    const read = await readBody(request, config.MAX_BODY_BYTES).catch(unlessRefused)
    if (read instanceof BodyRefused) return refuseBody(response, read, correlationId)
    const body = sendsJson(request) ? parseJson(read) : undefined
    if (!fromPage && (await answerQuickly(yoga, log, request, response, context, body))) return
    handOver(request, read, body)
  }
  await yoga(request, response, context)
}

function unlessRefused(error: unknown): BodyRefused {
  if (error instanceof BodyRefused) return error
  throw error
}

const bodyMessages: Record<BodyRefused['status'], string> = {
  408: 'The request took too long to come',
  413: 'The request is larger than this API accepts',
  429: 'This address sends too much at once',
  503: 'The server has no room for the request at the moment',
}

function refuseBody(response: ServerResponse, { status }: BodyRefused, correlationId: string): void {
  const code = status === 503 || status === 429 ? 'UNAVAILABLE' : 'BAD_REQUEST'
  refuse(response, status, code, correlationId, bodyMessages[status])
}

/** Ends when a connection is closed before its answer is complete. */
function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Seconds after which a client that was refused for now may come again. */
const retryAfterSeconds = 2

/** Answers without looking further. Nothing is read of a request without a good key. */
function refuse(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  correlationId: string,
  message: string = errorCodes[code][0],
): void {
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  else response.setHeader('Connection', 'close')
  if (status === 503 || status === 429) response.setHeader('Retry-After', retryAfterSeconds)
  json(response, status, { errors: [{ message, extensions: { code, correlationId } }] })
}

/** Sends JSON that nobody may keep. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}
