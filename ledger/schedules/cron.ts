import { Cron } from 'croner'
import { InvalidInputError } from '../errors.ts'
import { checkCron, checkTimeZone, fieldsText } from './cron-syntax.ts'

/** Only home of croner: when an expression ticks in a time zone. */

/** The ticks of a schedule: whole minutes, in UTC. */
export interface Ticks {
  /** The first tick later than `after`; undefined when there is none. */
  next(after: Date): Date | undefined
  /** Ticks later than `after` and not later than `upTo`, oldest first, `limit` at most. */
  between(after: Date, upTo: Date, limit: number): Date[]
  /** The newest tick later than `after` and not later than `upTo`, found without walking through all of them. */
  newest(after: Date, upTo: Date): Date | undefined
}

const minute = 60_000

/**
 * Reads an expression of five fields in a time zone. What the clock of the zone shows counts. When clocks are changed:
 * - an expression whose minute and hour are written out (numbers, lists, ranges) ticks once for each of its times. A time
 *   that is left out ticks at the first moment after the gap, and one that comes twice ticks the first time;
 * - one with `*` or a step in minute or hour ticks at every real moment that fits: what is left out does not tick, and what
 *   comes twice ticks twice. So an hourly schedule ticks every real hour.
 * @throws InvalidInputError telling what was expected, with the path `cron` or `timeZone`
 */
export function parseCron(expression: string, timeZone: string): Ticks {
  checkTimeZone(timeZone)
  const cron = read(checkCron(expression), timeZone)
  const ticks = ticksOf(cron)
  if (!ticks.next(new Date()))
    throw new InvalidInputError([
      { path: 'cron', message: 'never ticks: there is no such day. Expected a day that its months have' },
    ])
  return ticks
}

function read(expression: string, timezone: string): Cron {
  try {
    return new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard' })
  } catch (error) {
    const reason = (error as Error).message.replace(/^\w+: /, '').replace(/\.$/, '')
    throw new InvalidInputError([{ path: 'cron', message: `cannot be read (${reason}). ${fieldsText}` }])
  }
}

function ticksOf(cron: Cron): Ticks {
  const next = (after: Date) => cron.nextRun(after) ?? undefined
  return {
    next,
    between(after, upTo, limit) {
      const found: Date[] = []
      for (let tick = next(after); tick && tick <= upTo && found.length < limit; tick = next(tick))
        found.push(tick)
      return found
    },
    newest: (after, upTo) => newestTick(next, after, upTo),
  }
}

/** Halves the time in which it must be; whoever was away for a year with a schedule for each minute has no half a million steps to take. */
function newestTick(next: Ticks['next'], after: Date, upTo: Date): Date | undefined {
  let newest = next(after)
  if (!newest || newest > upTo) return undefined
  let end = upTo.getTime()
  while (end - newest.getTime() >= minute) {
    const middle = new Date(newest.getTime() + Math.ceil((end - newest.getTime()) / 2) - 1)
    const tick = next(middle)
    if (tick && tick <= upTo) newest = tick
    else end = middle.getTime()
  }
  return newest
}
