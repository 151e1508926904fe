import type { Ticks } from './cron.ts'
import type { ScheduleRow } from './schedule-row.ts'

/** A tick that is not older than this counts as taken in time, in ms. */
const graceMs = 60_000

/** Most ticks of one schedule that start jobs in one transaction; the rest follows in the next round. */
const maxTicks = 100

/** What becomes of the ticks of a schedule that have passed. */
export interface Plan {
  /** Ticks that start a job, oldest first. */
  start: Date[]
  /** The newest tick this plan has decided about. */
  handled: Date
  /** The next one to decide about; it may have passed too. */
  nextAt: Date | undefined
}

/**
 * Decides by the policies of a schedule which of its passed ticks start a job: `nextAt` and those that follow up to `now`.
 * With overlap SKIP one job at most, as those after it would meet it.
 */
export function planTicks(schedule: Due, ticks: Ticks, now: Date): Plan {
  const { nextAt, overlap, catchUp } = schedule
  if (catchUp === 'ALL' && overlap === 'QUEUE') return planAll(nextAt, ticks, now)
  const newest = ticks.newest(nextAt, now) ?? nextAt
  const decided = { handled: newest, nextAt: ticks.next(now) }
  if (catchUp === 'ONCE') return { start: [newest], ...decided }
  if (catchUp === 'ALL') return { start: [nextAt], ...decided }
  const inTime = ticksInTime(nextAt, ticks, now)
  return { start: overlap === 'SKIP' ? inTime.slice(0, 1) : inTime, ...decided }
}

/** A schedule whose next tick has passed. */
type Due = Pick<ScheduleRow, 'overlap' | 'catchUp'> & { nextAt: Date }

function planAll(nextAt: Date, ticks: Ticks, now: Date): Plan {
  const start = [nextAt, ...ticks.between(nextAt, now, maxTicks - 1)]
  const handled = start.at(-1)!
  return { start, handled, nextAt: ticks.next(handled) }
}

function ticksInTime(nextAt: Date, ticks: Ticks, now: Date): Date[] {
  const since = new Date(now.getTime() - graceMs)
  if (nextAt >= since) return [nextAt, ...ticks.between(nextAt, now, maxTicks)]
  return ticks.between(new Date(since.getTime() - 1), now, maxTicks)
}
