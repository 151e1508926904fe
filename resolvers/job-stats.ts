import DataLoader from 'dataloader'
import type { Em } from '../entities/index.ts'
import { type QueueStanding, queueStandings } from '../ledger/job-stats/queues.ts'
import {
  type JobFigures,
  type JobStats,
  type JobStatsGranularity,
  readJobStats,
} from '../ledger/job-stats/read.ts'
import type { Api } from '../schema/api.ts'
import { described } from '../schema/enums.ts'

const granularities: Record<JobStatsGranularity, string> = { HOUR: 'An hour.', DAY: 'A day.' }

type Percentiles = NonNullable<JobFigures['waitMs']>

/** Statistics of jobs. */
export function jobStatsQuery(api: Api): void {
  const { builder, JobName, definitions } = api
  const Granularity = builder.enumType('JobStatsGranularity', {
    description: 'Length of a step; hours and days are those of UTC.',
    values: described(granularities),
  })
  const Range = builder.inputType('JobStatsRange', {
    description: 'A span of time, widened to whole steps.',
    fields: (t) => ({
      from: t.field({
        description: 'The first moment, rounded down to the hour.',
        type: 'DateTime',
        required: true,
      }),
      to: t.field({ type: 'DateTime', required: true, description: 'Not in it.' }),
    }),
  })
  const Stats = statsType(api)
  builder.queryField('jobStats', (t) =>
    t.field({
      type: [Stats],
      description:
        'What became of jobs, by name: one entry per name, each with a point per step, in order and without holes. Counted with `stats.rollup`.',
      authScopes: { permission: 'jobs:read' },
      args: {
        range: t.arg({ type: Range, required: true }),
        names: t.arg({ type: [JobName], description: 'Default: all.' }),
        granularity: t.arg({ type: Granularity, defaultValue: 'HOUR', description: 'How long a point is.' }),
      },
      resolve: (_, { range, names, granularity }, { em, workspaceId }) =>
        readJobStats(
          em,
          workspaceId,
          range,
          [...new Set(names ?? definitions.map(({ name }) => name))],
          granularity ?? 'HOUR',
        ),
    }),
  )
}

function statsType(api: Api) {
  const { builder, JobName } = api
  const Figures = figuresInterface(api)
  const Totals = builder
    .objectRef<JobFigures>('JobStatsTotals')
    .implement({ interfaces: [Figures], description: 'Of the whole range.' })
  const Point = builder.objectRef<JobStats['points'][number]>('JobStatsPoint').implement({
    description: 'How jobs did in one hour or day.',
    interfaces: [Figures],
    fields: (t) => ({ at: t.expose('at', { type: 'DateTime', description: 'Beginning of the step.' }) }),
  })
  return builder.objectRef<JobStats>('JobStats').implement({
    description: 'How the jobs of one name did.',
    fields: (t) => ({
      name: t.field({ description: 'Name of the jobs.', type: JobName, resolve: ({ name }) => name }),
      total: t.expose('total', { description: 'The whole range.', type: Totals }),
      points: t.expose('points', { description: 'The range, step by step.', type: [Point] }),
      waiting: t.int({
        description: 'Jobs that could run now and have not been started.',
        resolve: async ({ name }, _, context) => (await standing(context, name)).waiting,
      }),
      active: t.int({
        description: 'Jobs that run now.',
        resolve: async ({ name }, _, context) => (await standing(context, name)).active,
      }),
      queueAgeMs: t.float({
        description: 'How long the oldest job that waits now could have run; 0 when none waits.',
        resolve: async ({ name }, _, context) => (await standing(context, name)).queueAgeMs,
      }),
    }),
  })
}

function figuresInterface({ builder }: Api) {
  const Percentiles = builder.objectRef<Percentiles>('DurationPercentiles').implement({
    description:
      'In ms. Durations are counted in classes, four to a doubling; this is the upper bound of the class, so never too short and at most 19 % too long.',
    fields: (t) => ({
      p50: t.exposeFloat('p50', { description: 'Half took at most this long, in milliseconds.' }),
      p95: t.exposeFloat('p95', { description: '95 of 100 took at most this long, in milliseconds.' }),
      p99: t.exposeFloat('p99', { description: '99 of 100 took at most this long, in milliseconds.' }),
    }),
  })
  return builder.interfaceRef<JobFigures>('JobFigures').implement({
    description: 'What jobs came to.',
    fields: (t) => ({
      completed: t.exposeInt('completed', { description: 'Jobs that were done.' }),
      dead: t.exposeInt('dead', { description: 'Times a job failed for good.' }),
      cancelled: t.exposeInt('cancelled', { description: 'Jobs that were cancelled.' }),
      failedAttempts: t.exposeInt('failedAttempts', { description: 'Attempts that failed.' }),
      failureRate: t.float({
        nullable: true,
        description: 'Failed attempts of all that ended, 0 to 1; null when none did.',
        resolve: ({ failureRate }) => failureRate,
      }),
      perHour: t.exposeFloat('perHour', { description: 'Jobs that became final, per hour.' }),
      waitMs: t.field({
        type: Percentiles,
        nullable: true,
        description: 'From when an attempt could have started until it did.',
        resolve: ({ waitMs }) => waitMs,
      }),
      runMs: t.field({
        type: Percentiles,
        nullable: true,
        description: 'How long attempts ran that were completed or failed.',
        resolve: ({ runMs }) => runMs,
      }),
    }),
  })
}

const loaders = new WeakMap<Em, DataLoader<string, QueueStanding>>()

/** How a queue stands; all that one query asks for are read at once. */
function standing(
  { em, workspaceId }: { em: Em; workspaceId: string },
  name: string,
): Promise<QueueStanding> {
  let loader = loaders.get(em)
  if (!loader) {
    loader = new DataLoader((names) => queueStandings(em, workspaceId, names))
    loaders.set(em, loader)
  }
  return loader.load(name)
}
