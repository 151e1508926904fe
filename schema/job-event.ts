import type { Api } from './api.ts'

/** What a subscriber of `jobEvents` receives. */
export function jobEventTypes(api: Api): void {
  const {
    JobEvent,
    JobEventsSnapshot,
    JobEventsGap,
    JobEventType,
    JobEventsGapReason,
    JobState,
    JobErrorClass,
    Job,
  } = api
  JobEvent.implement({
    description: 'Something that happened to a job. Delivery is at least once and ordered per job name.',
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      type: t.field({
        description: 'What happened.',
        type: JobEventType,
        resolve: ({ event }) => event.type,
      }),
      jobId: t.id({ resolve: ({ event }) => event.jobId }),
      jobName: t.string({ description: 'Name of the job.', resolve: ({ event }) => event.jobName }),
      state: t.field({
        type: JobState,
        description: 'State of the job right after the event.',
        resolve: ({ event }) => event.state,
      }),
      at: t.field({ type: 'DateTime', resolve: ({ event }) => event.at }),
      run: t.int({
        description: 'Which run it is about: 1, and one more for each retry by an operator.',
        resolve: ({ event }) => event.run,
      }),
      attempt: t.int({
        description: 'Which attempt it is about.',
        nullable: true,
        resolve: ({ event }) => event.attempt,
      }),
      worker: t.string({ nullable: true, resolve: ({ event }) => event.worker }),
      progress: t.field({
        description: 'What was reported.',
        type: 'JSON',
        nullable: true,
        resolve: ({ event }) => event.progress,
      }),
      result: t.field({
        description: 'What the job came to.',
        type: 'JSON',
        nullable: true,
        resolve: ({ event }) => event.result,
      }),
      line: t.string({
        description: 'The line that was written.',
        nullable: true,
        resolve: ({ event }) => event.line,
      }),
      errorClass: t.field({
        description: 'What kind of error it was.',
        type: JobErrorClass,
        nullable: true,
        resolve: ({ event }) => event.errorClass as never,
      }),
      errorMessage: t.string({
        description: 'Why the attempt failed.',
        nullable: true,
        resolve: ({ event }) => event.errorMessage,
      }),
      nextAttemptAt: t.field({
        description: 'When the next attempt starts.',
        type: 'DateTime',
        nullable: true,
        resolve: ({ event }) => event.nextAt,
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description:
          'The job as of this event or later, never earlier. Its `attemptHistory` and `logs` may lag behind by a moment.',
        resolve: async ({ event }, _, { loaders }) => {
          const row = await loaders.job.load(event.jobId)
          return row && event.applyTo(row)
        },
      }),
    }),
  })
  JobEventsSnapshot.implement({
    description: 'The state of the matching jobs as of `cursor`: the newest 100.',
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      jobs: t.field({
        description: 'The jobs that are watched, as they are.',
        type: [Job],
        resolve: ({ jobs }) => jobs,
      }),
      more: t.exposeBoolean('more', { description: 'Whether more jobs match.' }),
    }),
  })
  JobEventsGap.implement({
    description: 'Events were lost to this subscriber; a snapshot follows.',
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      reason: t.expose('reason', { description: 'Why events are missing.', type: JobEventsGapReason }),
    }),
  })
}
