import type { Em } from '../../entities/index.ts'
import type { JobMeasure } from '../../entities/job-stat-hour.ts'
import { marks } from '../../entities/sql.ts'
import { InvalidInputError } from '../errors.ts'
import { sqlTime } from '../sql.ts'
import { type Bucket, percentile } from './classes.ts'

/** A span of time; `to` is not in it. */
export interface Range {
  from: Date
  to: Date
}
export type JobStatsGranularity = 'HOUR' | 'DAY'

interface Percentiles {
  p50: number
  p95: number
  p99: number
}

export interface JobFigures {
  completed: number
  dead: number
  cancelled: number
  failedAttempts: number
  /** Failed attempts of those that ended; undefined when none did. */
  failureRate: number | undefined
  /** Jobs that became final, per hour. */
  perHour: number
  waitMs: Percentiles | undefined
  runMs: Percentiles | undefined
}

export interface JobStats {
  name: string
  total: JobFigures
  points: (JobFigures & { at: Date })[]
}

const hourMs = 3_600_000
const stepMs: Record<JobStatsGranularity, number> = { HOUR: hourMs, DAY: 24 * hourMs }
const maxPoints = 1_000

/**
 * What was counted of jobs, by name and UTC hour or day, in order and without holes.
 * @param range is widened to whole steps
 * @throws InvalidInputError when the range is empty or has too many steps
 */
export async function readJobStats(
  em: Em,
  workspaceId: string,
  asked: Range,
  names: readonly string[],
  granularity: JobStatsGranularity,
): Promise<JobStats[]> {
  const step = stepMs[granularity]
  const range = wholeSteps(asked, step)
  const cells = names.length > 0 ? await readCells(em, workspaceId, range, names, step) : []
  const byName = Map.groupBy(cells, ({ name }) => name)
  return names.map((name) => statsOf(name, byName.get(name) ?? [], range, step))
}

function wholeSteps({ from, to }: Range, step: number): Range {
  const first = Math.floor(from.getTime() / step)
  const last = Math.ceil(to.getTime() / step)
  if (from >= to) throw new InvalidInputError([{ path: 'range.to', message: 'must be later than `from`' }])
  if (last - first > maxPoints) {
    const message = `has ${last - first} steps; at most ${maxPoints} are allowed`
    throw new InvalidInputError([{ path: 'range', message }])
  }
  return { from: new Date(first * step), to: new Date(last * step) }
}

interface Cell extends Bucket {
  name: string
  step: number
  measure: JobMeasure
}

async function readCells(
  em: Em,
  workspaceId: string,
  { from, to }: Range,
  names: readonly string[],
  step: number,
): Promise<Cell[]> {
  const rows = await em.execute<Cell[]>(
    `select name, timestampdiff(second, ?, hour_at) div ? as step, measure, bucket, sum(count) as count
     from job_stat_hour where workspace_id = ? and hour_at >= ? and hour_at < ? and name in ${marks(names)}
     group by name, step, measure, bucket`,
    [sqlTime(from), step / 1_000, workspaceId, from, to, ...names],
  )
  return rows.map((row) => ({ ...row, step: Number(row.step), count: Number(row.count) }))
}

function statsOf(name: string, cells: readonly Cell[], { from, to }: Range, step: number): JobStats {
  const bySteps = Map.groupBy(cells, (cell) => cell.step)
  const length = (to.getTime() - from.getTime()) / step
  const points = Array.from({ length }, (_, index) => ({
    at: new Date(from.getTime() + index * step),
    ...figures(bySteps.get(index) ?? [], step),
  }))
  return { name, total: figures(cells, length * step), points }
}

function figures(cells: readonly Cell[], lengthMs: number): JobFigures {
  const of = (measure: JobMeasure) => cells.filter((cell) => cell.measure === measure)
  const sum = (measure: JobMeasure) => of(measure).reduce((total, { count }) => total + count, 0)
  const [completed, dead, cancelled] = [sum('COMPLETED'), sum('DEAD'), sum('CANCELLED')]
  const failedAttempts = sum('FAILED')
  const ended = completed + failedAttempts
  return {
    completed,
    dead,
    cancelled,
    failedAttempts,
    failureRate: ended > 0 ? failedAttempts / ended : undefined,
    perHour: ((completed + dead + cancelled) * hourMs) / lengthMs,
    waitMs: percentiles(of('WAIT')),
    runMs: percentiles(of('RUN')),
  }
}

function percentiles(buckets: readonly Bucket[]): Percentiles | undefined {
  if (buckets.length === 0) return undefined
  const at = (share: number) => percentile(buckets, share)!
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
