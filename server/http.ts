import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { type Config, listOf } from '../runtime/config.ts'
import { errorCodes } from '../schema/index.ts'
import { secretIn } from './auth.ts'
import { handOver, parseJson, readBody, sendsJson } from './body.ts'
import { correlationIdOf, type EdgeContext } from './edge-context.ts'
import type { Yoga } from './graphql.ts'
import type { Keyring } from './keyring.ts'
import { answerQuickly } from './quick.ts'

interface Parts {
  config: Config
  log: Logger
  yoga: Yoga
  keyring: Keyring
}

/** GraphQL over HTTP: finds out who asks, reads the body, and lets the short way or Yoga answer. */
export async function answerGraphql(
  { config, log, yoga, keyring }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method } = request
  const correlationId = correlationIdOf(headers['x-correlation-id'])
  response.setHeader('X-Correlation-Id', correlationId)
  const caller = method === 'OPTIONS' ? undefined : await keyring.find(secretIn(headers.authorization))
  const context: EdgeContext = {
    correlationId,
    caller,
    idempotencyKey: headers['idempotency-key']?.toString(),
  }
  const fromPage = headers.origin !== undefined && listOf(config.CORS_ORIGINS).length > 0
  if (!caller && method !== 'OPTIONS' && !fromPage) return refuseUnknown(response, correlationId)
  if (method === 'POST') {
    const text = await readBody(request, config.MAX_BODY_BYTES)
    if (text === undefined) return refuseLarge(response, correlationId)
    const body = sendsJson(request) ? parseJson(text) : undefined
    if (!fromPage && (await answerQuickly(yoga, log, request, response, context, body))) return
    handOver(request, text, body)
  }
  await yoga(request, response, context)
}

/** Nothing is read of a request without a good key. */
function refuseUnknown(response: ServerResponse, correlationId: string): void {
  response.setHeader('WWW-Authenticate', 'Bearer')
  const [message] = errorCodes.UNAUTHENTICATED
  json(response, 401, { errors: [{ message, extensions: { code: 'UNAUTHENTICATED', correlationId } }] })
}

function refuseLarge(response: ServerResponse, correlationId: string): void {
  response.setHeader('Connection', 'close')
  json(response, 413, {
    errors: [
      {
        message: 'The request is larger than this API accepts',
        extensions: { code: 'BAD_REQUEST', correlationId },
      },
    ],
  })
}

/** Sends JSON that nobody may keep. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}
