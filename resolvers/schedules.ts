import { setImmediate as breathe } from 'node:timers/promises'
import { Schedule as ScheduleEntity } from '../entities/schedule.ts'
import { InvalidInputError } from '../ledger/errors.ts'
import { parseCron } from '../ledger/schedules/cron.ts'
import { cronInWords } from '../ledger/schedules/cron-words.ts'
import { workspaceZone } from '../ledger/schedules/workspace-zone.ts'
import type { Api } from '../schema/api.ts'
import { runCount } from '../schema/schedule.ts'
import { newestFirst } from './newest-first.ts'

/** Reading schedules, and trying an expression before it is kept. */
export function scheduleQueries(api: Api): void {
  const { builder, Schedule, ScheduleConnection } = api
  const authScopes = { permission: 'jobs:read' } as const
  builder.queryFields((t) => ({
    schedule: t.field({
      type: Schedule,
      nullable: true,
      authScopes,
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => loaders.schedule.load(id),
    }),
    schedules: t.field({
      type: ScheduleConnection,
      description: 'The schedules of the workspace, newest first.',
      authScopes,
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: (_, page, context) => newestFirst(context, [ScheduleEntity, 'schedule'], [], page),
    }),
  }))
  builder.objectFields(Schedule, (t) => ({
    cronInWords: t.string({
      nullable: true,
      description: 'The expression in English; null when it is not valid any more.',
      resolve: ({ cron }) => orNull(() => cronInWords(cron)),
    }),
    nextRuns: t.field({
      type: ['DateTime'],
      description: 'The next ticks, 5 unless told, 20 at most; none while it is paused.',
      args: { count: t.arg.int() },
      async resolve({ cron, timeZone, nextAt }, { count }) {
        if (!nextAt) return []
        // Rare ticks take some 20 ms to find; a page of such schedules must not hold up the requests of others.
        await breathe()
        return orNull(() => runs(cron, timeZone, new Date(nextAt.getTime() - 1), count)) ?? []
      },
    }),
  }))
  preview(api)
}

function preview({ builder }: Api): void {
  const CronPreview = builder
    .objectRef<{ cron: string; timeZone: string; count: number }>('CronPreview')
    .implement({
      description: 'What an expression means.',
      fields: (t) => ({
        cronInWords: t.string({ description: 'In English.', resolve: ({ cron }) => cronInWords(cron) }),
        timeZone: t.exposeString('timeZone', { description: 'IANA name of the time zone.' }),
        nextRuns: t.field({
          description: 'The next times it starts a job.',
          type: ['DateTime'],
          resolve: ({ cron, timeZone, count }) => runs(cron, timeZone, new Date(), count),
        }),
      }),
    })
  builder.queryField('cronPreview', (t) =>
    t.field({
      type: CronPreview,
      description: 'Explains a cron expression in words and by its next ticks, without keeping it.',
      authScopes: { permission: 'jobs:read' },
      args: {
        cron: t.arg.string({ required: true, description: 'Five fields, e.g. `17 * * * *`.' }),
        timeZone: t.arg.string({ description: 'Default: the workspace’s.' }),
        count: t.arg.int({ description: 'How many ticks; 5 unless told, 20 at most.' }),
      },
      errors: { types: [InvalidInputError] },
      async resolve(_, { cron, timeZone, count }, context) {
        const zone = timeZone ?? (await workspaceZone(context.em, context.workspaceId))
        parseCron(cron, zone)
        return { cron, timeZone: zone, count: runCount(count) }
      },
    }),
  )
}

function runs(cron: string, timeZone: string, after: Date, count: number | null | undefined): Date[] {
  return parseCron(cron, timeZone).between(after, new Date(8.64e15), runCount(count))
}

/** What a stored expression leads to; one that this version does not read any more shows in `problem`. */
function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidInputError) return null
    throw error
  }
}
