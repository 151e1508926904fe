import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ParseOptions,
  parse,
  type Source,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { costOf } from './cost.ts'
import { depthLimit } from './depth.ts'
import { apiError } from './errors.ts'

/** Longest document, in tokens. The standard introspection query has about 400. */
const maxTokens = 4_000

/** Errors are remembered with the document, so they are complete from the start: also those first met on a WebSocket. */
function parseShort(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const tooLong = error.message.includes(`more than ${maxTokens} tokens`)
    const { positions } = error
    throw new GraphQLError(tooLong ? `The document has more than ${maxTokens} tokens` : error.message, {
      source: error.source,
      positions,
      extensions: {
        code: tooLong ? 'TOO_COMPLEX' : 'GRAPHQL_PARSE_FAILED',
        http: { spec: true, status: 400 },
      },
    })
  }
}

interface Operation {
  schema: GraphQLSchema
  document: DocumentNode
  operationName?: string | null | undefined
  variableValues?: unknown
}

/** Refuses documents that are too long, too deep or too costly before any resolver or subscription starts. */
export function useLimits({ maxDepth, maxCost }: { maxDepth: number; maxCost: number }): Plugin {
  const rule = depthLimit(maxDepth)
  const cheap = new WeakMap<DocumentNode, Set<string>>()

  /** A document that is cheap with the largest pages is so with any; it is measured once. */
  function isCheap({ schema, document, operationName, variableValues }: Operation): boolean {
    const name = operationName ?? ''
    if (cheap.get(document)?.has(name)) return true
    if (costOf(schema, document, operationName) <= maxCost) {
      cheap.set(document, (cheap.get(document) ?? new Set()).add(name))
      return true
    }
    return (
      costOf(schema, document, operationName, (variableValues ?? {}) as Record<string, unknown>) <= maxCost
    )
  }

  function check(args: Operation, stop: (result: { errors: ReturnType<typeof apiError>[] }) => void): void {
    if (isCheap(args)) return
    const message = `The document costs more than ${maxCost}: ask for fewer fields or smaller pages`
    stop({ errors: [apiError('TOO_COMPLEX', message, { status: 400 })] })
  }

  return {
    onParse: ({ setParseFn }) => setParseFn(parseShort),
    onValidate: ({ addValidationRule }) => addValidationRule(rule),
    onExecute: ({ args, setResultAndStopExecution }) => check(args, setResultAndStopExecution),
    onSubscribe: ({ args, setResultAndStopExecution }) => check(args, setResultAndStopExecution),
  }
}
