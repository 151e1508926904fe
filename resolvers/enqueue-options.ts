import type { GraphQLResolveInfo } from 'graphql'
import { InvalidInputError } from '../ledger/errors.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'

/** What every mutation that starts a job takes besides its input. */

export interface EnqueueArgs {
  idempotencyKey?: string | null | undefined
  runAt?: Date | null | undefined
  priority?: number | null | undefined
}

export interface EnqueueOptions {
  idempotencyKey: string | undefined
  runAt: Date | undefined
  priority: number | undefined
}

const maxPriority = 2_097_151

/** Declares the arguments. */
export function enqueueArgs(builder: Api['builder']) {
  return builder.args((t) => ({
    idempotencyKey: t.string({
      description:
        'The same key and input bring back the first job instead of starting another. Beats the Idempotency-Key header.',
    }),
    runAt: t.field({ type: 'DateTime', description: 'Not before this time.' }),
    priority: t.int({ description: `1 (first) to ${maxPriority} (last); 0 or nothing: as it comes.` }),
  }))
}

/**
 * Reads the arguments, and the header when there is no key among them. One header serves all mutations of a document:
 * with several of them, each adds its own name.
 * @throws InvalidInputError
 */
export function enqueueOptions(
  args: EnqueueArgs,
  context: Context,
  info: GraphQLResolveInfo,
): EnqueueOptions {
  const { priority, runAt } = args
  if (priority && (priority < 0 || priority > maxPriority))
    throw new InvalidInputError([{ path: 'priority', message: `must be between 0 and ${maxPriority}` }])
  return {
    idempotencyKey: checked(args.idempotencyKey ?? fromHeader(context, info)),
    runAt: runAt ?? undefined,
    priority: priority ?? undefined,
  }
}

function fromHeader({ idempotencyKey }: Context, info: GraphQLResolveInfo): string | undefined {
  if (!idempotencyKey || info.operation.selectionSet.selections.length === 1) return idempotencyKey
  return `${idempotencyKey}:${info.path.key}`
}

/** Shorter than the column, so that `createLeads` can add the number of each item. */
const keyPattern = /^[\x21-\x7e]{1,160}$/

function checked(key: string | undefined): string | undefined {
  if (key === undefined || keyPattern.test(key)) return key
  throw new InvalidInputError([
    { path: 'idempotencyKey', message: 'must be 1 to 160 visible ASCII characters' },
  ])
}
