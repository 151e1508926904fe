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
import { createShares } from '../runtime/shares.ts'
import { isLargerThan } from './answer-size.ts'
import { type Cost, costOf } from './cost.ts'
import { depthLimit } from './depth.ts'
import type { EdgeContext } from './edge-context.ts'
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

/** What costs less is not counted among what a key runs at once. */
const smallCost = 500
/** Cost of all a key runs at once, in documents of the largest cost; more waits. */
const atOnce = 2

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
  const measured = new WeakMap<DocumentNode, Map<string, Cost>>()
  const turns = createShares(atOnce * maxCost)

  /** With the largest pages a document is measured once; with those asked for only if it matters. */
  function measure({ schema, document, operationName, variableValues }: Operation): Cost | undefined {
    const name = operationName ?? ''
    const most = measured.get(document)?.get(name) ?? costOf(schema, document, operationName)
    if (!most) return undefined
    measured.set(document, (measured.get(document) ?? new Map()).set(name, most))
    if (most.cost <= smallCost) return most
    return costOf(schema, document, operationName, (variableValues ?? {}) as Record<string, unknown>)
  }

  function check(args: Operation, stop: Stop): Cost | undefined {
    const measured = measure(args)
    const isWithin = !measured || (measured.cost <= maxCost && measured.roots <= maxRoots)
    if (!isWithin) stop({ errors: [tooComplex(measured, maxCost)] })
    return isWithin ? measured : undefined
  }

  function tooLarge(result: ExecutionResult): { errors: GraphQLError[] } | undefined {
    return isLargerThan(result.data, maxAnswerBytes)
      ? { errors: [apiError('ANSWER_TOO_LARGE', `The answer is larger than ${maxAnswerBytes} bytes`)] }
      : undefined
  }

  return {
    onParse: ({ setParseFn }) => setParseFn(parseShort),
    onValidate: ({ addValidationRule }) => addValidationRule(rule),
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      const { caller, left } = args.contextValue as unknown as EdgeContext
      const cost = check(args, setResultAndStopExecution)?.cost ?? 0
      if (cost > smallCost)
        setExecuteFn(((given: never) =>
          turns.run(caller?.id ?? '', left, () => executeFn(given), cost)) as typeof executeFn)
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
