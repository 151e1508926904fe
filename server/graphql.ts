import { type ExecutionArgs, type ExecutionResult, type GraphQLError, getOperationAST } from 'graphql'
import { createYoga, mapAsyncIterator, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import { type Config, listOf } from '../runtime/config.ts'
import { buildSchema, createContext, type Deps } from '../schema/index.ts'
import { createDocumentCache } from './document-cache.ts'
import type { EdgeContext } from './edge-context.ts'
import { apiError, maskError, presentErrors } from './errors.ts'
import { useLimits } from './limits.ts'
import type { Live } from './live.ts'

/** Only home of graphql-yoga. */

export type Yoga = YogaServerInstance<EdgeContext, object>

export const graphqlPath = '/graphql'

/** Documents whose parsed form is kept, in bytes of their text. */
const documentCacheBytes = 256_000

/** GraphQL over HTTP and SSE; the WebSocket edge borrows its parser, validation and execution. */
export function createGraphql(config: Config, deps: Deps, live: Live): Yoga {
  const origins = listOf(config.CORS_ORIGINS)
  return createYoga<EdgeContext>({
    schema: buildSchema(deps.ledger.definitions),
    graphqlEndpoint: graphqlPath,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    // The body has been read, and measured, by then.
    maxRequestBodySize: false,
    cors: origins.length > 0 && { origin: origins, credentials: false, exposedHeaders: ['X-Correlation-Id'] },
    parserAndValidationCache: {
      documentCache: createDocumentCache(documentCacheBytes),
      errorCache: createDocumentCache(documentCacheBytes / 4),
    },
    maskedErrors: { isDev: false, errorMessage: '', maskError },
    logging: {
      debug() {},
      info() {},
      warn: (...args) => deps.log.warn(args),
      error: (error) => deps.log.debug({ err: error }, 'Error in a document'),
    },
    plugins: [
      useAuth(),
      useLimits({
        maxDepth: config.MAX_QUERY_DEPTH,
        maxCost: config.MAX_QUERY_COST,
        maxAnswerBytes: config.MAX_ANSWER_BYTES,
      }),
      live.plugin,
      useContext(deps),
      usePresentedErrors(deps),
    ] as Plugin<EdgeContext>[],
  }) as unknown as Yoga
}

/** Nothing is parsed for a caller without a good key. */
function useAuth(): Plugin<EdgeContext> {
  return {
    onParams: ({ context, setResult }) => {
      if (!(context as EdgeContext).caller) setResult({ errors: [unauthenticated()] })
    },
  }
}

export function unauthenticated(): GraphQLError {
  return apiError('UNAUTHENTICATED', undefined, { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } })
}

/** Resolvers see our context, not Yoga's. */
function useContext(deps: Deps): Plugin<EdgeContext> {
  const within = (run: (args: ExecutionArgs) => unknown) => (args: ExecutionArgs) => {
    const { caller, correlationId, idempotencyKey, left } = args.contextValue as EdgeContext
    if (!caller) throw unauthenticated()
    // What a mutation has begun is finished, whoever waits for it.
    const isMutation = getOperationAST(args.document, args.operationName)?.operation === 'mutation'
    const signal = isMutation ? undefined : left
    return run({
      ...args,
      contextValue: createContext(deps, { caller, correlationId, idempotencyKey, signal }),
    })
  }
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(within(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(within(subscribeFn)),
  }
}

/** The last step of every answer over HTTP and SSE. */
function usePresentedErrors({ log }: Deps): Plugin<EdgeContext> {
  return {
    onResultProcess: ({ result, setResult, serverContext }) => {
      const { correlationId } = serverContext as unknown as EdgeContext
      const present = (one: ExecutionResult): ExecutionResult =>
        one.errors ? { ...one, errors: presentErrors(one.errors, correlationId, log) } : one
      if (Symbol.asyncIterator in result)
        setResult(mapAsyncIterator(result as AsyncIterable<ExecutionResult>, present) as never)
      else if (!Array.isArray(result)) setResult(present(result as ExecutionResult) as never)
    },
  }
}
