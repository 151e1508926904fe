import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { fromSql, insertRows, marks } from '../entities/sql.ts'
import { auditStarted } from './audit.ts'
import { type AnyJobSpec, jobDefaults } from './definition.ts'
import { IdempotencyConflictError, InvalidInputError, UnknownJobError } from './errors.ts'
import { fingerprint, parseInput } from './input.ts'
import type { Enqueued, EnqueueRefusal, EnqueueRequest } from './ledger.ts'
import type { JobRow } from './row.ts'

const columns = [
  'id',
  'workspace_id',
  'name',
  'input',
  'input_version',
  'fingerprint',
  'idempotency_key',
  'state',
  'priority',
  'run_at',
  'run',
  'attempts',
  'attempts_made',
  'starts',
  'correlation_id',
  'lead_id',
  'campaign_id',
  'retry_of',
  'schedule_id',
  'requested_by',
  'check_at',
  'created_at',
  'updated_at',
] as const

/** The nudge after the commit comes first; the dispatcher looks only at rows it missed. */
const dispatchGraceMs = 2_000

/**
 * Writes jobs as rows, in the caller's transaction, with two statements at most.
 * @returns per request, in order: the job, or why it was refused
 */
export async function enqueueIn(
  em: Em,
  definitions: readonly AnyJobSpec[],
  requests: readonly EnqueueRequest[],
): Promise<(Enqueued | EnqueueRefusal)[]> {
  const now = new Date()
  const rows = requests.map((request) => prepare(definitions, request, now))
  const good = rows.filter((row): row is JobRow => !(row instanceof Error))
  await insertRows(em, 'job', columns, good.map(toValues), 'on duplicate key update id = id')
  const winners = await firstByKey(em, good)
  const outcomes = rows.map((row) => (row instanceof Error ? row : decide(row, winners)))
  await auditStarted(em, startedByHand(requests, outcomes))
  return outcomes
}

function startedByHand(
  requests: readonly EnqueueRequest[],
  outcomes: readonly (Enqueued | EnqueueRefusal)[],
) {
  return requests.flatMap(({ act, actor }, index) => {
    const outcome = outcomes[index]!
    if (!act || outcome instanceof Error || !outcome.created) return []
    return [{ act, actor, jobId: outcome.job.id }]
  })
}

function prepare(
  definitions: readonly AnyJobSpec[],
  request: EnqueueRequest,
  now: Date,
): JobRow | EnqueueRefusal {
  try {
    return toRow(definitions, request, now)
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof UnknownJobError) return error
    throw error
  }
}

function toRow(definitions: readonly AnyJobSpec[], request: EnqueueRequest, now: Date): JobRow {
  const { definition, actor } = request
  if (!definitions.some(({ name }) => name === definition.name))
    throw new UnknownJobError(
      definition.name,
      definitions.map(({ name }) => name),
    )
  if (request.idempotencyKey !== undefined) checkKey(request.idempotencyKey)
  const input = parseInput(definition, request.input)
  const subject = definition.subject?.(input) ?? {}
  const later = request.runAt !== undefined && request.runAt > now
  const runAt = later ? request.runAt! : now
  return {
    id: request.id ?? newId('job'),
    workspaceId: actor.workspaceId,
    name: definition.name,
    input,
    inputVersion: definition.version ?? 1,
    fingerprint: fingerprint(request.fingerprintOf ?? { input, runAt: request.runAt }),
    idempotencyKey: request.idempotencyKey ?? null,
    state: later ? 'SCHEDULED' : 'PENDING',
    priority: request.priority ?? definition.priority ?? jobDefaults.priority,
    runAt,
    run: 1,
    attempts: request.attempts ?? definition.attempts ?? jobDefaults.attempts,
    attemptsMade: 0,
    starts: 0,
    correlationId: actor.correlationId,
    leadId: request.leadId ?? subject.leadId ?? null,
    campaignId: request.campaignId ?? subject.campaignId ?? null,
    retryOf: request.retryOf ?? null,
    scheduleId: request.scheduleId ?? null,
    requestedBy: actor.apiKeyId ?? null,
    checkAt: later ? runAt : new Date(now.getTime() + dispatchGraceMs),
    createdAt: now,
    updatedAt: now,
    progress: null,
    result: null,
    errorClass: null,
    errorMessage: null,
    worker: null,
    cancelRequestedAt: null,
    lastEventId: null,
    startedAt: null,
    finishedAt: null,
  }
}

function checkKey(key: string): void {
  if (!/^[\x21-\x7e]{1,191}$/.test(key))
    throw new InvalidInputError([
      { path: 'idempotencyKey', message: 'must be 1 to 191 visible ASCII characters' },
    ])
}

function toValues(row: JobRow): unknown[] {
  return [
    row.id,
    row.workspaceId,
    row.name,
    JSON.stringify(row.input),
    row.inputVersion,
    row.fingerprint,
    row.idempotencyKey,
    row.state,
    row.priority,
    row.runAt,
    row.run,
    row.attempts,
    row.attemptsMade,
    row.starts,
    row.correlationId,
    row.leadId,
    row.campaignId,
    row.retryOf,
    row.scheduleId,
    row.requestedBy,
    row.checkAt,
    row.createdAt,
    row.updatedAt,
  ]
}

const keyOf = (row: Pick<JobRow, 'workspaceId' | 'name' | 'idempotencyKey'>) =>
  JSON.stringify([row.workspaceId, row.name, row.idempotencyKey])

/** The row that holds each idempotency key: ours, or one that was there before. A locking read, as the other may be newer than our snapshot. */
async function firstByKey(em: Em, rows: JobRow[]): Promise<Map<string, JobRow>> {
  const keyed = rows.filter((row) => row.idempotencyKey)
  if (keyed.length === 0) return new Map()
  const found = await em.execute<Record<string, unknown>[]>(
    `select * from job where (workspace_id, name, idempotency_key) in (${keyed.map(() => '(?, ?, ?)').join(', ')}) lock in share mode`,
    keyed.flatMap((row) => [row.workspaceId, row.name, row.idempotencyKey]),
  )
  return new Map(found.map((raw) => fromSql<JobRow>(raw)).map((row) => [keyOf(row), row]))
}

function decide(row: JobRow, winners: Map<string, JobRow>): Enqueued | IdempotencyConflictError {
  const winner = row.idempotencyKey ? winners.get(keyOf(row)) : row
  if (!winner || winner.id === row.id) return { job: row, created: true }
  if (winner.fingerprint !== row.fingerprint) return new IdempotencyConflictError(winner.id)
  return { job: winner, created: false }
}

/** Jobs by idempotency key, for callers that must know before they write anything else. One entry per key, in order. */
export async function findByKeys(
  em: Em,
  workspaceId: string,
  name: string,
  keys: readonly string[],
): Promise<Map<string, JobRow>> {
  if (keys.length === 0) return new Map()
  const rows = await em.execute<Record<string, unknown>[]>(
    `select * from job where workspace_id = ? and name = ? and idempotency_key in ${marks(keys)}`,
    [workspaceId, name, ...keys],
  )
  return new Map(rows.map((raw) => fromSql<JobRow>(raw)).map((row) => [row.idempotencyKey!, row]))
}
