import type { Api } from './api.ts'

/** What became of each try to run a job. */
export function jobAttemptTypes({
  JobAttempt,
  JobAttemptOutcome,
  JobErrorClass,
  JobError,
  JobLogLine,
}: Api): void {
  JobError.implement({
    description: 'Why the last attempt failed.',
    fields: (t) => ({
      class: t.field({ type: JobErrorClass, nullable: true, resolve: ({ errorClass }) => errorClass }),
      message: t.string({ resolve: ({ errorMessage }) => errorMessage ?? '' }),
    }),
  })
  JobAttempt.implement({
    description: 'One try to run a job.',
    fields: (t) => ({
      run: t.exposeInt('run'),
      number: t.exposeInt('number', {
        description: 'Counts every start within the run, postponed and stalled ones included.',
      }),
      outcome: t.expose('outcome', { type: JobAttemptOutcome }),
      worker: t.exposeString('worker', { nullable: true }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      errorClass: t.expose('errorClass', { type: JobErrorClass, nullable: true }),
      errorCode: t.exposeString('errorCode', { nullable: true, description: 'What the vendor called it.' }),
      errorMessage: t.exposeString('errorMessage', { nullable: true }),
      nextAt: t.expose('nextAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the next attempt was due.',
      }),
    }),
  })
  JobLogLine.implement({
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime' }),
      line: t.exposeString('line'),
    }),
  })
}
