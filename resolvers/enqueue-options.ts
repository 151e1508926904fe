import type { GraphQLResolveInfo } from 'graphql'
import type { JobPriority } from '../entities/job.ts'
import { InvalidInputError } from '../ledger/errors.ts'
import type { Context } from '../schema/context.ts'
import type { EnqueueFields } from '../schema/enqueue-fields.ts'

/** How the job that a mutation starts is to be enqueued. */
export interface EnqueueOptions {
  idempotencyKey: string | undefined
  runAt: Date | undefined
  priority: JobPriority | undefined
}

/** An input without the options of its job: what a repeat is told from a conflict by. */
export function withoutOptions<T extends EnqueueFields>(input: T): Omit<T, keyof EnqueueFields> {
  const { idempotencyKey: _, runAt: __, priority: ___, ...rest } = input
  return rest
}

/**
 * Reads the options, and the header when there is no key among them. One header serves all mutations of a document:
 * with several of them, each adds its own name.
 * @throws InvalidInputError
 */
export function enqueueOptions(
  fields: EnqueueFields,
  context: Context,
  info: GraphQLResolveInfo,
): EnqueueOptions {
  return {
    idempotencyKey: checked(fields.idempotencyKey ?? fromHeader(context, info)),
    runAt: fields.runAt ?? undefined,
    priority: fields.priority ?? undefined,
  }
}

function fromHeader({ idempotencyKey }: Context, info: GraphQLResolveInfo): string | undefined {
  if (!idempotencyKey || info.operation.selectionSet.selections.length === 1) return idempotencyKey
  return `${idempotencyKey}:${info.path.key}`
}

/** Shorter than the column, so that `createLeads` can add the number of each lead. */
const keyPattern = /^[\x21-\x7e]{1,160}$/

function checked(key: string | undefined): string | undefined {
  if (key === undefined || keyPattern.test(key)) return key
  throw new InvalidInputError([
    { path: 'idempotencyKey', message: 'must be 1 to 160 visible ASCII characters' },
  ])
}
