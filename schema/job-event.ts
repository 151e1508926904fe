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
      type: t.field({ type: JobEventType, resolve: ({ event }) => event.type }),
      jobId: t.id({ resolve: ({ event }) => event.jobId }),
      jobName: t.string({ resolve: ({ event }) => event.jobName }),
      state: t.field({
        type: JobState,
        description: 'State of the job right after the event.',
        resolve: ({ event }) => event.state,
      }),
      at: t.field({ type: 'DateTime', resolve: ({ event }) => event.at }),
      run: t.int({ resolve: ({ event }) => event.run }),
      attempt: t.int({ nullable: true, resolve: ({ event }) => event.attempt }),
      worker: t.string({ nullable: true, resolve: ({ event }) => event.worker }),
      progress: t.field({ type: 'JSON', nullable: true, resolve: ({ event }) => event.progress }),
      result: t.field({ type: 'JSON', nullable: true, resolve: ({ event }) => event.result }),
      line: t.string({ nullable: true, resolve: ({ event }) => event.line }),
      errorClass: t.field({
        type: JobErrorClass,
        nullable: true,
        resolve: ({ event }) => event.errorClass as never,
      }),
      errorMessage: t.string({ nullable: true, resolve: ({ event }) => event.errorMessage }),
      nextAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ event }) => event.nextAt }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The row as it is now; it may lag behind the event by a moment.',
        resolve: ({ event }, _, { loaders }) => loaders.job.load(event.jobId),
      }),
    }),
  })
  JobEventsSnapshot.implement({
    description: 'The state of the matching jobs as of `cursor`: the newest 100.',
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      jobs: t.field({ type: [Job], resolve: ({ jobs }) => jobs }),
      more: t.exposeBoolean('more', { description: 'Whether more jobs match.' }),
    }),
  })
  JobEventsGap.implement({
    description: 'Events were lost to this subscriber; a snapshot follows.',
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      reason: t.expose('reason', { type: JobEventsGapReason }),
    }),
  })
}
