import { dayMs, nextMonth, showDay, weekOf, yearBefore } from './calendar.ts'
import { instantOf, nextHour, offsetAt } from './zone.ts'

export const granularities = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const
export type Granularity = (typeof granularities)[number]
export type Comparison = 'PREVIOUS_PERIOD' | 'PREVIOUS_YEAR'

/** Days of a viewer's calendar, both included, as days since 1970-01-01. */
export interface DayRange {
  from: number
  to: number
}

/** The points of a chart. Point `i` lasts from bound `i` to bound `i + 1`, so there is one bound more than points. */
export interface Axis {
  zone: string
  /** What clocks in the zone show at each bound, as ms since 1970 on that clock. */
  walls: readonly number[]
  /** Each bound in UTC, in ms since 1970. */
  bounds: readonly number[]
}

/**
 * Divides a range into the viewer's hours, days, weeks (from Monday) or months. The first and last one end where the range
 * does. An hour that clocks show twice is two points.
 */
export function axisOf(zone: string, range: DayRange, granularity: Granularity): Axis {
  if (granularity === 'HOUR') return hours(zone, range)
  const walls = days(range, granularity).map((day) => day * dayMs)
  return { zone, walls, bounds: walls.map((wall) => instantOf(zone, wall)) }
}

const nextDay: Record<Exclude<Granularity, 'HOUR'>, (day: number) => number> = {
  DAY: (day) => day + 1,
  WEEK: (day) => weekOf(day) + 7,
  MONTH: nextMonth,
}

function days({ from, to }: DayRange, granularity: Exclude<Granularity, 'HOUR'>): number[] {
  const starts: number[] = []
  for (let day = from; day <= to; day = nextDay[granularity](day)) starts.push(day)
  return [...starts, to + 1]
}

function hours(zone: string, { from, to }: DayRange): Axis {
  const [start, end] = [from * dayMs, (to + 1) * dayMs]
  const [first, last] = [instantOf(zone, start), instantOf(zone, end)]
  const walls = [start]
  const bounds = [first]
  for (let at = nextHour(zone, first); at < last; at = nextHour(zone, at)) {
    walls.push(at + offsetAt(zone, at))
    bounds.push(at)
  }
  return { zone, walls: [...walls, end], bounds: [...bounds, last] }
}

/**
 * The points to compare with: the same times by the viewer's clock, as many days or one year before. Together they cover
 * the earlier range without a hole; what is there twice now (29 February, an hour at the end of summer time) has an empty
 * counterpart, what was there twice then is in one point.
 */
export function earlierAxis({ zone, walls }: Axis, comparison: Comparison, { from, to }: DayRange): Axis {
  const back = (to + 1 - from) * dayMs
  const shifted = walls.map((wall) => (comparison === 'PREVIOUS_YEAR' ? yearBefore(wall) : wall - back))
  let latest = Number.NEGATIVE_INFINITY
  const bounds = shifted.map((wall) => {
    latest = Math.max(latest, instantOf(zone, wall))
    return latest
  })
  return { zone, walls: shifted, bounds }
}

/** One point as it is shown. */
export interface StatPoint {
  start: Date
  /** Not included. */
  end: Date
  /** The day it begins on, `YYYY-MM-DD`. */
  day: string
  /** What clocks in the zone show when it begins, with how far they are ahead of UTC, e.g. `2026-10-25T02:00+01:00`. */
  local: string
}

/** The points of an axis, in order. */
export function pointsOf({ zone, walls, bounds }: Axis): StatPoint[] {
  return bounds.slice(0, -1).map((start, index) => ({
    start: new Date(start),
    end: new Date(bounds[index + 1]!),
    day: showDay(Math.floor(walls[index]! / dayMs)),
    local: localTime(zone, start),
  }))
}

function localTime(zone: string, instant: number): string {
  const offset = offsetAt(zone, instant)
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16)
  const day = showDay(Math.floor((instant + offset) / dayMs))
  return `${day}T${clock(instant + offset)}${offset < 0 ? '-' : '+'}${clock(Math.abs(offset))}`
}
