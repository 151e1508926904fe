import { GraphQLError } from 'graphql'
import { definitionOf } from '../ledger/definition.ts'
import type { Api } from './api.ts'

/** Most ticks shown ahead. */
const maxRuns = 20

/** Checks how many ticks are asked for. */
export function runCount(count: number | null | undefined): number {
  const wanted = count ?? 5
  if (wanted >= 1 && wanted <= maxRuns) return wanted
  throw new GraphQLError(`count must be between 1 and ${maxRuns}`, { extensions: { code: 'INVALID_INPUT' } })
}

/** When jobs are started by the clock. */
export function scheduleType(api: Api): void {
  const {
    builder,
    Schedule,
    Node,
    Job,
    JobDefinition,
    JobPriority,
    OverlapPolicy,
    CatchUpPolicy,
    definitions,
  } = api
  Schedule.implement({
    description: 'When a job is started by the clock.',
    interfaces: [Node],
    fields: (t) => ({
      name: t.exposeString('name', {
        description: 'Unique in the workspace. A schedule that comes with a job has its name.',
      }),
      jobName: t.exposeString('jobName', { description: 'Name of the job it starts, e.g. campaign.sync.' }),
      definition: t.field({
        type: JobDefinition,
        nullable: true,
        description: 'Null when the kind of job no longer exists.',
        resolve: ({ jobName }) => definitionOf(definitions, jobName),
      }),
      input: t.field({ type: 'JSON', description: 'What its jobs run with.', resolve: ({ input }) => input }),
      cron: t.exposeString('cron', {
        description:
          'Minute, hour, day of month, month and weekday; or @hourly, @daily, @weekly, @monthly, @yearly.',
      }),
      timeZone: t.exposeString('timeZone', { description: 'IANA time zone in which `cron` is read.' }),
      priority: t.expose('priority', {
        type: JobPriority,
        nullable: true,
        description: 'Of the jobs it starts; null: the one of their definition.',
      }),
      overlap: t.expose('overlap', {
        description: 'What becomes of a tick while its last job still runs.',
        type: OverlapPolicy,
      }),
      catchUp: t.expose('catchUp', {
        description: 'What becomes of ticks that passed while no dispatcher ran.',
        type: CatchUpPolicy,
      }),
      builtIn: t.exposeBoolean('builtIn', {
        description: 'Comes with its job: it can be changed and paused, not deleted.',
      }),
      pausedAt: t.expose('pausedAt', {
        description: 'Since when it is paused; null: it runs.',
        type: 'DateTime',
        nullable: true,
      }),
      nextRunAt: t.expose('nextAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The next tick; null while it is paused.',
      }),
      lastTickAt: t.expose('lastTickAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The newest tick that was handled, whether it started a job or was skipped.',
      }),
      lastJob: t.field({
        type: Job,
        nullable: true,
        description: 'The newest job it started; null when there was none, or it is not kept any more.',
        resolve: ({ lastJobId }, _, { loaders }) => (lastJobId ? loaders.job.load(lastJobId) : null),
      }),
      problem: t.exposeString('problem', {
        nullable: true,
        description: 'Why the newest tick could not start its job, although it was to.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When somebody last changed it.' }),
    }),
  })
  builder.objectField(Job, 'scheduleId', (t) =>
    t.exposeID('scheduleId', { nullable: true, description: 'The schedule that started it.' }),
  )
}
