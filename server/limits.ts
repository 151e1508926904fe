import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type ParseOptions,
  parse,
  type Source,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { isLargerThan } from './answer-size.ts'
import { type Cost, costOf } from './cost.ts'
import { depthLimit } from './depth.ts'
import { apiError } from './errors.ts'

/** Longest document, in tokens. The standard introspection query has about 400. */
const maxTokens = 4_000
/** Most root fields of a document, each alias counted. */
const maxRoots = 50

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

export interface Limits {
  maxDepth: number
  maxCost: number
  maxAnswerBytes: number
}

type Stop = (result: { errors: GraphQLError[] }) => void

/**
 * Refuses documents that are too long, too deep or too costly before any resolver or subscription starts, and answers that
 * are too large before they are written as JSON.
 */
export function useLimits({ maxDepth, maxCost, maxAnswerBytes }: Limits): Plugin {
  const rule = depthLimit(maxDepth)
  const cheap = new WeakMap<DocumentNode, Set<string>>()

  /** A document that is cheap with the largest pages is so with any; it is measured once. */
  function excessOf({ schema, document, operationName, variableValues }: Operation): Cost | undefined {
    const name = operationName ?? ''
    if (cheap.get(document)?.has(name)) return undefined
    const most = costOf(schema, document, operationName)
    if (!most) return undefined
    if (isWithin(most)) {
      cheap.set(document, (cheap.get(document) ?? new Set()).add(name))
      return undefined
    }
    const exact = costOf(schema, document, operationName, (variableValues ?? {}) as Record<string, unknown>)
    return exact && !isWithin(exact) ? exact : undefined
  }

  const isWithin = ({ cost, roots }: Cost) => cost <= maxCost && roots <= maxRoots

  function check(args: Operation, stop: Stop): void {
    const excess = excessOf(args)
    if (excess) stop({ errors: [tooComplex(excess, maxCost)] })
  }

  function tooLarge(result: ExecutionResult): { errors: GraphQLError[] } | undefined {
    return isLargerThan(result.data, maxAnswerBytes)
      ? { errors: [apiError('ANSWER_TOO_LARGE', `The answer is larger than ${maxAnswerBytes} bytes`)] }
      : undefined
  }

  return {
    onParse: ({ setParseFn }) => setParseFn(parseShort),
    onValidate: ({ addValidationRule }) => addValidationRule(rule),
    onExecute: ({ args, setResultAndStopExecution }) => {
      check(args, setResultAndStopExecution)
      return {
        onExecuteDone: ({ result, setResult }) => {
          const refusal = 'data' in result && tooLarge(result)
          if (refusal) setResult(refusal)
        },
      }
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      check(args, setResultAndStopExecution)
      return {
        onSubscribeResult: () => ({
          onNext: ({ result, setResult }) => {
            const refusal = tooLarge(result as ExecutionResult)
            if (refusal) setResult(refusal)
          },
        }),
      }
    },
  }
}

function tooComplex({ cost, roots, dearest }: Cost, limit: number): GraphQLError {
  const message =
    roots > maxRoots
      ? `The document asks for ${roots} root fields; at most ${maxRoots} are allowed`
      : `The document costs ${cost}; at most ${limit} is allowed. Most of it is in ${dearest}: ask for fewer fields or smaller pages`
  return new GraphQLError(message, {
    extensions: { code: 'TOO_COMPLEX', cost, limit, http: { status: 400 } },
  })
}
