import type { GraphQLResolveInfo } from 'graphql'
import {
  BuiltInScheduleError,
  IdempotencyConflictError,
  InvalidInputError,
  NotFoundError,
  ScheduleBusyError,
  UnknownJobError,
} from '../ledger/errors.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import { deleteIn, pauseIn, resumeIn, runNowIn } from '../ledger/schedules/actions.ts'
import type { ScheduleRow } from '../ledger/schedules/schedule-row.ts'
import type { Api } from '../schema/api.ts'
import type { InputFields } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'
import { enqueuedPayload } from '../schema/enqueued-payload.ts'
import { enqueueOptions } from './enqueue-options.ts'
import { onSchedule } from './schedule-access.ts'
import { scheduleSaving } from './schedule-saving.ts'

/** What operators do to schedules. Each takes, besides `jobs:write`, the permission to start the job itself. */
export function scheduleActions(api: Api): void {
  scheduleSaving(api)
  pausing(api)
  running(api)
  deleting(api)
}

const target = (t: InputFields) => ({
  id: t.id({ required: true }),
  reason: t.string({ description: 'Why; kept with the action.' }),
})
const authScopes = { permission: 'jobs:write' } as const

function pausing({ builder, Schedule }: Api): void {
  const PauseScheduleInput = builder.inputType('PauseScheduleInput', { fields: target })
  const ResumeScheduleInput = builder.inputType('ResumeScheduleInput', { fields: target })
  const SchedulePayload = builder.objectRef<{ schedule: ScheduleRow }>('SchedulePayload').implement({
    fields: (t) => ({ schedule: t.expose('schedule', { type: Schedule }) }),
  })
  builder.mutationFields((t) => ({
    pauseSchedule: t.field({
      type: SchedulePayload,
      description: 'Stops the ticks of a schedule. Jobs it has started go on.',
      authScopes,
      args: { input: t.arg({ type: PauseScheduleInput, required: true }) },
      errors: { types: [NotFoundError] },
      resolve: (_, { input }, context) =>
        onSchedule(context, input.id, async (em, row) => ({
          schedule: await pauseIn(em, context.actor, row, input.reason ?? undefined),
        })),
    }),
    resumeSchedule: t.field({
      type: SchedulePayload,
      description: 'Lets a schedule tick again. Ticks that passed while it was paused are not caught up.',
      authScopes,
      args: { input: t.arg({ type: ResumeScheduleInput, required: true }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_, { input }, context) =>
        onSchedule(context, input.id, async (em, row) => ({
          schedule: await resumeIn(em, context.actor, row, input.reason ?? undefined),
        })),
    }),
  }))
}

function running({ builder, Job }: Api): void {
  const RunScheduleNowInput = builder.inputType('RunScheduleNowInput', {
    fields: (t) => ({
      ...target(t),
      idempotencyKey: t.string({
        description: 'The same key brings back the first job. Beats the Idempotency-Key header.',
      }),
    }),
  })
  const RunScheduleNowPayload = enqueuedPayload({ builder, Job }, 'RunScheduleNowPayload')
  builder.mutationField('runScheduleNow', (t) =>
    t.field({
      type: RunScheduleNowPayload,
      description: 'Starts a job of a schedule at once, paused or not. Its ticks stay as they are.',
      authScopes,
      args: { input: t.arg({ type: RunScheduleNowInput, required: true }) },
      errors: {
        types: [
          NotFoundError,
          ScheduleBusyError,
          InvalidInputError,
          IdempotencyConflictError,
          UnknownJobError,
        ],
      },
      resolve: (_, { input }, context, info) => runNow(context, info, input),
    }),
  )
}

interface RunNowInput {
  id: string
  reason?: string | null | undefined
  idempotencyKey?: string | null | undefined
}

function runNow(
  context: Context,
  info: GraphQLResolveInfo,
  { id, reason: why, idempotencyKey: key }: RunNowInput,
): Promise<Enqueued> {
  const { ledger, actor } = context
  const { idempotencyKey } = enqueueOptions({ idempotencyKey: key }, context, info)
  const parts = { definitions: ledger.definitions, enqueue: ledger.enqueueIn }
  return onSchedule(context, id, (em, row) =>
    runNowIn(em, parts, actor, row, { idempotencyKey, reason: why ?? undefined }),
  )
}

function deleting({ builder }: Api): void {
  const DeleteScheduleInput = builder.inputType('DeleteScheduleInput', { fields: target })
  const DeleteSchedulePayload = builder.objectRef<{ id: string }>('DeleteSchedulePayload').implement({
    fields: (t) => ({ id: t.exposeID('id') }),
  })
  builder.mutationField('deleteSchedule', (t) =>
    t.field({
      type: DeleteSchedulePayload,
      description: 'Forgets a schedule. Jobs it has started stay.',
      authScopes,
      args: { input: t.arg({ type: DeleteScheduleInput, required: true }) },
      errors: { types: [NotFoundError, BuiltInScheduleError] },
      resolve: (_, { input: { id, reason: why } }, context) =>
        onSchedule(context, id, async (em, row) => {
          await deleteIn(em, context.actor, row, why ?? undefined)
          return { id }
        }),
    }),
  )
}
