import type { GraphQLResolveInfo } from 'graphql'
import { type AnyJobDefinition, definitionOf } from '../ledger/definition.ts'
import { IdempotencyConflictError, InvalidInputError, UnknownJobError } from '../ledger/errors.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { jobInputType, withoutOptionalNulls } from '../schema/job-input.ts'
import { mutationName } from '../schema/job-names.ts'
import { type EnqueueArgs, enqueueArgs, enqueueOptions } from './enqueue-options.ts'

/** Starting jobs: one mutation for any of them, and a typed one for each that may be started from outside. */
export function enqueueMutations({ builder, Job, JobName, definitions }: Api): void {
  const EnqueuePayload = builder.objectRef<Enqueued>('EnqueuePayload').implement({
    fields: (t) => ({
      job: t.field({ type: Job, resolve: ({ job }) => job }),
      alreadyExisted: t.boolean({
        description: 'Whether the idempotency key brought back an earlier job.',
        resolve: ({ created }) => !created,
      }),
    }),
  })
  const EnqueueResult = builder.errorUnion('EnqueueResult', {
    types: [EnqueuePayload, InvalidInputError, IdempotencyConflictError, UnknownJobError],
    resolveType: () => EnqueuePayload,
  })

  builder.mutationField('enqueueJob', (t) =>
    t.field({
      type: EnqueueResult,
      description: "Starts a job. Takes the permission in the job's definition; see `jobDefinitions`.",
      authScopes: (_, { name }) => {
        const permission = definitionOf(definitions, name)?.mutation?.permission
        return permission ? { permission } : false
      },
      args: {
        name: t.arg({ type: JobName, required: true }),
        input: t.arg({ type: 'JSON', required: true }),
        ...enqueueArgs(builder),
      },
      resolve: (_, { name, ...args }, context, info) =>
        enqueue(definitionOf(definitions, name)!, args, context, info),
    }),
  )

  for (const definition of definitions) {
    if (!definition.mutation) continue
    builder.mutationField(mutationName(definition.name), (t) =>
      t.field({
        type: EnqueueResult,
        description: definition.description,
        authScopes: { permission: definition.mutation!.permission },
        args: {
          input: t.arg({ type: jobInputType(builder, definition) as 'JSON', required: true }),
          ...enqueueArgs(builder),
        },
        resolve: (_, args, context, info) => enqueue(definition, args, context, info),
      }),
    )
  }
}

function enqueue(
  definition: AnyJobDefinition,
  args: EnqueueArgs & { input?: unknown },
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Enqueued> {
  const input = withoutOptionalNulls(definition, args.input)
  return context.ledger.enqueue({
    definition,
    input,
    actor: context.actor,
    ...enqueueOptions(args, context, info),
  })
}
