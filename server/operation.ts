import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { EdgeContext } from './edge-context.ts'
import { maskError } from './errors.ts'
import { unauthenticated, type Yoga } from './graphql.ts'

/** Running one operation outside Yoga's HTTP handling, with its parser, validation, caches and plugins. */

export interface Params {
  query: string
  variables?: Record<string, unknown> | null | undefined
  operationName?: string | null | undefined
}

type Run = (args: ExecutionArgs) => Promise<unknown>

export interface Operation extends ExecutionArgs {
  rootValue: { execute: Run; subscribe: Run }
}

/** Makes an operation ready to run, or says why it is refused. It never throws, and nothing has run yet. */
export async function prepare(
  yoga: Yoga,
  context: EdgeContext,
  params: Params,
): Promise<Operation | GraphQLError[]> {
  if (!context.caller) return [unauthenticated()]
  try {
    const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped(
      context as never,
    )
    const document = parse(params.query)
    const errors: readonly GraphQLError[] = validate(schema, document)
    if (errors.length > 0) return [...errors]
    return {
      schema,
      document,
      operationName: params.operationName ?? null,
      variableValues: params.variables ?? {},
      contextValue: await contextFactory(),
      rootValue: { execute: guarded(execute), subscribe: guarded(subscribe) },
    }
  } catch (error) {
    return [maskError(error)]
  }
}

/** A throw while an operation starts is that operation's error, not the end of a connection. */
function guarded(run: (args: ExecutionArgs) => unknown): Run {
  return async (args) => {
    try {
      return await run(args)
    } catch (error) {
      return { errors: [maskError(error)] }
    }
  }
}

/** An error as it is sent; `http` in its extensions is for Yoga. */
export function toJson(error: GraphQLError) {
  const { extensions: { http: _, ...extensions } = {}, ...rest } = error.toJSON()
  return { ...rest, extensions }
}
