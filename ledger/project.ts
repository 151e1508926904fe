import type { Em } from '../entities/index.ts'
import { insertRows, marks } from '../entities/sql.ts'
import { beginning } from '../queue/keys.ts'
import type { StreamEvent, StreamPage } from '../queue/stream.ts'
import { type AttemptChange, applyEvent, attemptOf, type LostStarts, lostBefore } from './apply.ts'
import { endLost, writeAttempts } from './attempts.ts'
import type { JobRow } from './row.ts'
import { inTransaction, loadJobs, sqlTime } from './sql.ts'

/**
 * Projection: the queue's events are applied to the rows.
 * 1. The position is read under its row's lock; a page that does not start there is left to whoever moved it.
 * 2. The rows the page is about are locked, and every event is applied in order.
 * 3. Changed rows, attempts, log lines and the new position are written and committed together.
 */
export async function projectPage(
  fork: () => Em,
  queue: string,
  from: string,
  page: StreamPage,
): Promise<boolean> {
  return inTransaction(fork, async (em) => {
    if ((await lockPosition(em, queue)) !== from) return false
    const effects = applyAll(await rowsOf(em, page.events), page.events)
    await writeJobs(em, effects.changed)
    await writeAttempts(em, effects.attempts)
    await endLost(em, effects.lost)
    await writeLogs(em, effects.logs)
    await em.execute('update stream_position set event_id = ?, updated_at = ? where queue = ?', [
      page.position,
      new Date(),
      queue,
    ])
    return true
  })
}

/** How far a queue is projected. */
export async function readPosition(em: Em, queue: string): Promise<string> {
  const [row] = await em.execute<{ event_id: string }[]>(
    'select event_id from stream_position where queue = ?',
    [queue],
  )
  return row?.event_id ?? beginning
}

/** How far queues are projected, by name. */
export async function readPositions(em: Em, queues: readonly string[]): Promise<Map<string, string>> {
  if (queues.length === 0) return new Map()
  const rows = await em.execute<{ queue: string; event_id: string }[]>(
    `select queue, event_id from stream_position where queue in ${marks(queues)}`,
    [...queues],
  )
  return new Map(rows.map(({ queue, event_id }) => [queue, event_id]))
}

/** Sets a queue's position when its stream is another one than before. */
export async function resetPosition(em: Em, queue: string, position: string): Promise<void> {
  await em.execute('update stream_position set event_id = ?, updated_at = ? where queue = ?', [
    position,
    new Date(),
    queue,
  ])
}

/** Makes sure a queue has a position to lock. */
export async function ensurePosition(em: Em, queue: string): Promise<void> {
  await em.execute(
    'insert into stream_position (queue, event_id, updated_at) values (?, ?, ?) on duplicate key update queue = queue',
    [queue, beginning, new Date()],
  )
}

async function lockPosition(em: Em, queue: string): Promise<string | undefined> {
  const [row] = await em.execute<{ event_id: string }[]>(
    'select event_id from stream_position where queue = ? for update',
    [queue],
  )
  return row?.event_id
}

async function rowsOf(em: Em, events: StreamEvent[]): Promise<Map<string, JobRow>> {
  const ids = [...new Set(events.map(({ jobId }) => jobId))].sort()
  return new Map((await loadJobs(em, ids, 'for update')).map((row) => [row.id, row]))
}

interface LogLine {
  jobId: string
  eventId: string
  at: Date
  line: string
}

interface Effects {
  changed: JobRow[]
  attempts: AttemptChange[]
  lost: LostStarts[]
  logs: LogLine[]
}

function applyAll(rows: Map<string, JobRow>, events: StreamEvent[]): Effects {
  const changed = new Set<string>()
  const attempts: AttemptChange[] = []
  const lost = new Map<string, LostStarts>()
  const logs: LogLine[] = []
  for (const event of events) {
    const row = rows.get(event.jobId)
    if (!row) continue
    const attempt = attemptOf(row, event)
    if (attempt) attempts.push(attempt)
    if (event.name === 'log')
      logs.push({
        jobId: row.id,
        eventId: event.id,
        at: event.at,
        line: (event.fields.line ?? '').slice(0, 1_000),
      })
    const next = applyEvent(row, event)
    if (next === row) continue
    rows.set(row.id, next)
    const over = lostBefore(next, event)
    if (over) lost.set(row.id, over)
    changed.add(row.id)
  }
  return { changed: [...changed].map((id) => rows.get(id)!), attempts, lost: [...lost.values()], logs }
}

const text = (name: string) => [name, 'varchar(2000)'] as const
const moment = (name: string) => [name, 'datetime(3)'] as const
const whole = (name: string) => [name, 'int'] as const

/** Columns a projection may change, with the type they travel in. */
const jobColumns = [
  text('state'),
  whole('attempts_made'),
  whole('starts'),
  ['progress', 'longtext'],
  ['result', 'longtext'],
  text('error_class'),
  text('error_message'),
  text('worker'),
  moment('cancel_requested_at'),
  moment('check_at'),
  text('last_event_id'),
  moment('started_at'),
  moment('finished_at'),
  moment('updated_at'),
] as const

const updateJobs = `
  update json_table(?, '$[*]' columns (
    id varchar(40) character set ascii collate ascii_bin path '$.id',
    ${jobColumns.map(([name, type]) => `${name} ${type} path '$.${name}'`).join(', ')}
  )) changed straight_join job on job.id = changed.id
  set ${jobColumns.map(([name]) => `job.${name} = changed.${name}`).join(', ')}`

/** Many rows, each with its own values, in one statement. */
export async function writeJobs(em: Em, rows: JobRow[]): Promise<void> {
  if (rows.length > 0) await em.execute(updateJobs, [JSON.stringify(rows.map(toColumns))])
}

const jsonOf = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))
const timeOf = (value: Date | null | undefined) => (value ? sqlTime(value) : null)

function toColumns(row: JobRow): Record<string, unknown> {
  return {
    id: row.id,
    state: row.state,
    attempts_made: row.attemptsMade,
    starts: row.starts,
    progress: jsonOf(row.progress),
    result: jsonOf(row.result),
    error_class: row.errorClass ?? null,
    error_message: row.errorMessage ?? null,
    worker: row.worker ?? null,
    cancel_requested_at: timeOf(row.cancelRequestedAt),
    check_at: timeOf(row.checkAt),
    last_event_id: row.lastEventId ?? null,
    started_at: timeOf(row.startedAt),
    finished_at: timeOf(row.finishedAt),
    updated_at: sqlTime(row.updatedAt),
  }
}

async function writeLogs(em: Em, logs: LogLine[]): Promise<void> {
  const values = logs.map(({ jobId, eventId, at, line }) => [jobId, eventId, at, line])
  await insertRows(
    em,
    'job_log',
    ['job_id', 'event_id', 'at', 'line'],
    values,
    'on duplicate key update job_id = job_id',
  )
}
