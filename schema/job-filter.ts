import type { Builder } from './builder.ts'
import type { defineEnums } from './enums.ts'

/** Which jobs: one filter for lists, counts and subscriptions. */
export function jobFilterRef(builder: Builder, enums: ReturnType<typeof defineEnums>) {
  return builder.inputType('JobFilter', {
    description: 'Which jobs; every condition given must hold.',
    fields: (t) => ({
      ids: t.idList({ description: 'Only these.' }),
      names: t.field({ description: 'Only of one of these names.', type: [enums.JobName] }),
      states: t.field({ type: [enums.JobState] }),
      priorities: t.field({ type: [enums.JobPriority], description: 'With one of these priorities.' }),
      leadId: t.id(),
      campaignId: t.id(),
      scheduleId: t.id({ description: 'Only started by this schedule.' }),
      correlationId: t.string({ description: 'Only of this request.' }),
      errorClasses: t.field({
        description: 'Only with an error of one of these kinds.',
        type: [enums.JobErrorClass],
      }),
      errorContains: t.string({ description: 'Part of the error message.' }),
      createdFrom: t.field({ type: 'DateTime' }),
      createdBefore: t.field({ type: 'DateTime' }),
    }),
  })
}
