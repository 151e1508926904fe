import type { GraphQLResolveInfo } from 'graphql'
import { Campaign } from '../entities/campaign.ts'
import { Lead } from '../entities/lead.ts'
import { type AnyJobDefinition, definitionOf } from '../ledger/definition.ts'
import {
  IdempotencyConflictError,
  InvalidInputError,
  NotFoundError,
  UnknownJobError,
} from '../ledger/errors.ts'
import { parseInput } from '../ledger/input.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { type EnqueueFields, enqueueFields } from '../schema/enqueue-fields.ts'
import { enqueuedPayload } from '../schema/enqueued-payload.ts'
import { jobInputOf, jobInputType, withoutOptionalNulls } from '../schema/job-input.ts'
import { mutationName } from '../schema/job-names.ts'
import { enqueueOptions } from './enqueue-options.ts'

/** Starting jobs: one mutation for any of them, and a typed one for each that may be started from outside. */
export function enqueueMutations({ builder, Job, JobName, definitions }: Api): void {
  const EnqueuePayload = enqueuedPayload({ builder, Job }, 'EnqueuePayload')
  const EnqueueResult = builder.errorUnion('EnqueueResult', {
    types: [EnqueuePayload, InvalidInputError, IdempotencyConflictError, UnknownJobError, NotFoundError],
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
        name: t.arg({ type: JobName, required: true, description: 'Which kind of job.' }),
        input: t.arg({ type: 'JSON', required: true }),
        ...builder.args(enqueueFields),
      },
      resolve: (_, { name, input, ...options }, context, info) => {
        const definition = definitionOf(definitions, name)!
        return enqueue(definition, withoutOptionalNulls(definition, input), options, context, info)
      },
    }),
  )

  for (const definition of definitions) {
    if (!definition.mutation) continue
    builder.mutationField(mutationName(definition.name), (t) =>
      t.field({
        type: EnqueueResult,
        description: definition.description,
        authScopes: { permission: definition.mutation!.permission },
        args: { input: t.arg({ type: jobInputType(builder, definition), required: true }) },
        resolve: (_, { input }, context, info) =>
          enqueue(definition, jobInputOf(definition, input), input, context, info),
      }),
    )
  }
}

async function enqueue(
  definition: AnyJobDefinition,
  input: unknown,
  options: EnqueueFields,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Enqueued> {
  await checkSubject(definition, input, context)
  return context.ledger.enqueue({
    definition,
    input,
    actor: context.actor,
    act: { action: info.fieldName },
    ...enqueueOptions(options, context, info),
  })
}

/** A job about a lead or a campaign that the workspace does not have is refused. @throws NotFoundError, InvalidInputError */
async function checkSubject(definition: AnyJobDefinition, input: unknown, context: Context): Promise<void> {
  if (!definition.subject) return
  const { leadId, campaignId } = definition.subject(parseInput(definition, input))
  const { workspaceId } = context
  if (leadId !== undefined && !(await context.em.count(Lead, { id: leadId, workspaceId })))
    throw new NotFoundError(leadId)
  if (campaignId !== undefined && !(await context.em.count(Campaign, { id: campaignId, workspaceId })))
    throw new NotFoundError(campaignId)
}
