import { dayMs, hourMs, intoHour } from './calendar.ts'

/**
 * Time zones over Intl. An instant is ms since 1970 in UTC; a wall time is what a clock in the zone shows, as ms since 1970
 * on that clock.
 */

const formats = new Map<string, Intl.DateTimeFormat>()
/** Names come from callers, in any spelling of their letters. */
const mostFormats = 100

/** @throws RangeError for a name that is no time zone */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  if (formats.size >= mostFormats) formats.clear()
  formats.set(zone, format)
  return format
}

/** How far clocks in the zone are ahead of UTC at an instant, in ms. */
export function offsetAt(zone: string, instant: number): number {
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatOf(zone).format(instant))
  if (!match) return 0
  const [, sign, hours, minutes, seconds = 0] = match
  const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
  return (sign === '-' ? -size : size) * 1_000
}

/**
 * The instant at which clocks in the zone first show a wall time; where they skip it, when they skip. Clocks are changed at
 * most once within two days.
 */
export function instantOf(zone: string, wall: number): number {
  const [before, after] = [offsetAt(zone, wall - dayMs), offsetAt(zone, wall + dayMs)]
  if (before === after) return wall - before
  if (offsetAt(zone, wall - before) === before) return wall - before
  if (offsetAt(zone, wall - after) === after) return wall - after
  return changeWithin(zone, wall - dayMs, wall + dayMs)
}

/** When clocks in the zone show the next full hour, or are changed before that. */
export function nextHour(zone: string, instant: number): number {
  const offset = offsetAt(zone, instant)
  const next = instant + hourMs - intoHour(instant + offset)
  return offsetAt(zone, next) === offset ? next : changeWithin(zone, instant, next)
}

/** The minute in which clocks are changed after `from` and not after `to`. */
function changeWithin(zone: string, from: number, to: number): number {
  const minute = 60_000
  const offset = offsetAt(zone, from)
  let [low, high] = [0, Math.ceil((to - from) / minute)]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (offsetAt(zone, from + middle * minute) === offset) low = middle
    else high = middle
  }
  return from + high * minute
}
