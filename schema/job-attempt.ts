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
      class: t.field({
        description: 'What kind of error it is.',
        type: JobErrorClass,
        nullable: true,
        resolve: ({ errorClass }) => errorClass,
      }),
      message: t.string({ resolve: ({ errorMessage }) => errorMessage ?? '' }),
    }),
  })
  JobAttempt.implement({
    description: 'One try to run a job.',
    fields: (t) => ({
      run: t.exposeInt('run', {
        description: 'Which run it belongs to: 1, and one more for each retry by an operator.',
      }),
      number: t.exposeInt('number', {
        description: 'Counts every start within the run, postponed and stalled ones included.',
      }),
      outcome: t.expose('outcome', { description: 'How it ended.', type: JobAttemptOutcome }),
      worker: t.exposeString('worker', { nullable: true }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      errorClass: t.expose('errorClass', {
        description: 'What kind of error ended it.',
        type: JobErrorClass,
        nullable: true,
      }),
      errorCode: t.exposeString('errorCode', { nullable: true, description: 'What the vendor called it.' }),
      errorMessage: t.exposeString('errorMessage', { description: 'Why it failed.', nullable: true }),
      nextAttemptAt: t.expose('nextAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the next attempt was due.',
      }),
    }),
  })
  JobLogLine.implement({
    description: 'A line a job wrote.',
    fields: (t) => ({
      at: t.expose('at', { type: 'DateTime' }),
      line: t.exposeString('line', { description: 'The line.' }),
    }),
  })
}
