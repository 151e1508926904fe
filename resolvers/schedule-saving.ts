import { definitionOf } from '../ledger/definition.ts'
import { InvalidInputError } from '../ledger/errors.ts'
import { saveSchedule } from '../ledger/schedules/save.ts'
import type { ScheduleRow } from '../ledger/schedules/schedule-row.ts'
import type { Api } from '../schema/api.ts'
import { withoutOptionalNulls } from '../schema/job-input.ts'
import { checkMaySchedule } from './schedule-access.ts'

/** Creating and changing schedules. */
export function scheduleSaving({
  builder,
  Schedule,
  JobName,
  JobPriority,
  OverlapPolicy,
  CatchUpPolicy,
  definitions,
}: Api): void {
  const UpsertScheduleInput = builder.inputType('UpsertScheduleInput', {
    description: 'What is left out stays as it is, or becomes the default.',
    fields: (t) => ({
      name: t.string({
        required: true,
        description: 'Creates the schedule, or changes the one of this name.',
      }),
      job: t.field({ type: JobName, required: true, description: 'The job it starts; it stays the same.' }),
      input: t.field({ type: 'JSON', description: 'What its jobs run with. Default: {}.' }),
      cron: t.string({ required: true, description: 'Five fields; try it with `cronPreview`.' }),
      timeZone: t.string({ description: 'IANA time zone. Default: the workspace’s.' }),
      priority: t.field({
        type: JobPriority,
        description: 'Of its jobs. Default: the one of their definition.',
      }),
      overlap: t.field({ type: OverlapPolicy, description: 'Default: SKIP.' }),
      catchUp: t.field({ type: CatchUpPolicy, description: 'Default: ONCE.' }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  const UpsertSchedulePayload = builder
    .objectRef<{ schedule: ScheduleRow; created: boolean }>('UpsertSchedulePayload')
    .implement({
      fields: (t) => ({
        schedule: t.expose('schedule', { type: Schedule }),
        created: t.exposeBoolean('created', { description: 'False when it was changed.' }),
      }),
    })
  builder.mutationField('upsertSchedule', (t) =>
    t.field({
      type: UpsertSchedulePayload,
      description:
        'Creates or changes a schedule. Takes, besides jobs:write, the permission to start the job.',
      authScopes: { permission: 'jobs:write' },
      args: { input: t.arg({ type: UpsertScheduleInput, required: true }) },
      errors: { types: [InvalidInputError] },
      resolve: (_, { input: { job, input, ...wish } }, context) => {
        const definition = definitionOf(definitions, job)!
        checkMaySchedule(definition, context)
        return context.ledger.transaction((em) =>
          saveSchedule(em, definitions, context.actor, {
            name: wish.name,
            definition,
            cron: wish.cron,
            input:
              input === null || input === undefined ? undefined : withoutOptionalNulls(definition, input),
            timeZone: wish.timeZone ?? undefined,
            priority: wish.priority ?? undefined,
            overlap: wish.overlap ?? undefined,
            catchUp: wish.catchUp ?? undefined,
            reason: wish.reason ?? undefined,
          }),
        )
      },
    }),
  )
}
