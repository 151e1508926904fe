import {
  BuiltInScheduleError,
  IdempotencyConflictError,
  InvalidInputError,
  LedgerError,
  NotFoundError,
  ScheduleBusyError,
  UnknownJobError,
  WrongStateError,
} from '../ledger/errors.ts'
import { MessageSettledError } from '../marketing/messages/resolve.ts'
import type { Api } from '../schema/api.ts'
import type { ErrorCode } from '../schema/error-codes.ts'

/** Failures a caller must expect: typed members of a mutation's result, each an `Error`. */

/** The workspace has a lead with this e-mail address. */
export class LeadExistsError extends LedgerError {
  readonly leadId: string
  constructor(leadId: string) {
    super('LEAD_EXISTS', `Lead ${leadId} has this e-mail address or phone number already`)
    this.leadId = leadId
  }
}

/** The lead is not the version the caller wanted to change. */
export class VersionConflictError extends LedgerError {
  readonly leadId: string
  constructor(leadId: string, version: number) {
    super('VERSION_CONFLICT', `Lead ${leadId} has version ${version} by now`)
    this.leadId = leadId
  }
}

/**
 * Loads what an answer is about.
 * @throws NotFoundError when it was erased since
 */
export async function found<T>(loader: { load(id: string): Promise<T | null> }, id: string): Promise<T> {
  const row = await loader.load(id)
  if (row === null) throw new NotFoundError(id)
  return row
}

/**
 * Declares the error types. What they lead to is never null, like in the payloads beside them: fields of one name must
 * agree on that, or no document could ask for both.
 */
export function errorTypes(api: Api): void {
  const { builder, ErrorCode, Job, Lead, JobState, MessageState, InputIssue } = api
  api.Error.implement({
    description: 'A failure the caller must expect.',
    fields: (t) => ({
      code: t.field({ type: ErrorCode, resolve: ({ code }) => code as ErrorCode }),
      message: t.exposeString('message'),
    }),
  })
  const interfaces = [api.Error]
  InputIssue.implement({
    description: 'One thing that is wrong with an input.',
    fields: (t) => ({
      path: t.exposeString('path', { description: 'Path to the value, e.g. items.3.email.' }),
      message: t.exposeString('message'),
    }),
  })
  builder.objectType(InvalidInputError, {
    name: 'InvalidInputError',
    description: 'The input cannot be taken as it is; nothing was written.',
    interfaces,
    fields: (t) => ({
      issues: t.expose('issues', {
        description: 'Everything that is wrong with the input.',
        type: [InputIssue],
      }),
    }),
  })
  builder.objectType(IdempotencyConflictError, {
    name: 'IdempotencyConflictError',
    description: 'The idempotency key was used before, with other input.',
    interfaces,
    fields: (t) => ({
      job: t.field({
        type: Job,
        description: 'The job the key was used for.',
        resolve: ({ jobId }, _, { loaders }) => found(loaders.job, jobId),
      }),
    }),
  })
  builder.objectType(LeadExistsError, {
    name: 'LeadExistsError',
    description: 'Another lead of the workspace has the address.',
    interfaces,
    fields: (t) => ({
      lead: t.field({
        type: Lead,
        description: 'The lead that has it.',
        resolve: ({ leadId }, _, { loaders }) => found(loaders.lead, leadId),
      }),
    }),
  })
  builder.objectType(VersionConflictError, {
    name: 'VersionConflictError',
    description: 'Somebody changed the lead since you read it.',
    interfaces,
    fields: (t) => ({
      lead: t.field({
        type: Lead,
        description: 'The lead as it is now.',
        resolve: ({ leadId }, _, { loaders }) => found(loaders.lead, leadId),
      }),
    }),
  })
  builder.objectType(WrongStateError, {
    name: 'WrongStateError',
    description: 'The job is in a state in which this cannot be done.',
    interfaces,
    fields: (t) => ({ state: t.expose('state', { type: JobState }) }),
  })
  builder.objectType(MessageSettledError, {
    name: 'MessageSettledError',
    description: 'What became of the message is known.',
    interfaces,
    fields: (t) => ({
      messageState: t.expose('messageState', {
        description: 'The state the message has.',
        type: MessageState,
      }),
    }),
  })
  builder.objectType(NotFoundError, {
    name: 'NotFoundError',
    description: 'There is nothing with this id in the workspace.',
    interfaces,
    fields: (t) => ({ id: t.exposeID('id', { description: 'The id that was given.' }) }),
  })
  builder.objectType(ScheduleBusyError, {
    name: 'ScheduleBusyError',
    description: 'A job of the schedule still runs.',
    interfaces,
    fields: (t) => ({
      job: t.field({
        type: Job,
        description: 'The job that is not final.',
        resolve: ({ jobId }, _, { loaders }) => found(loaders.job, jobId),
      }),
    }),
  })
  builder.objectType(BuiltInScheduleError, {
    name: 'BuiltInScheduleError',
    description: 'A schedule that comes with the system can be paused, not deleted.',
    interfaces,
  })
  builder.objectType(UnknownJobError, {
    name: 'UnknownJobError',
    description: 'There is no job of this name.',
    interfaces,
  })
}
