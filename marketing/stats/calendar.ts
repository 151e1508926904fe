/** Days of the calendar, whatever the time zone. A day is a number: days since 1970-01-01. */

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** The remainder that is never negative. */
const mod = (value: number, by: number) => ((value % by) + by) % by

/** Reads `YYYY-MM-DD`; undefined when there is no such day. */
export function readDay(text: string): number | undefined {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && showDay(time / dayMs) === text ? time / dayMs : undefined
}

/** A day as `YYYY-MM-DD`. */
export const showDay = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10)

/** The Monday of a day's week. */
export const weekOf = (day: number) => day - mod(day + 3, 7)

/** The first day of the month after a day's. */
export function nextMonth(day: number): number {
  const date = new Date(day * dayMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / dayMs
}

/** The same time of the calendar a year before; all of 29 February becomes the beginning of 1 March. */
export function yearBefore(wall: number): number {
  const date = new Date(wall)
  const day = date.getUTCDate()
  const before = date.setUTCFullYear(date.getUTCFullYear() - 1)
  return date.getUTCDate() === day ? before : Math.floor(before / dayMs) * dayMs
}

/** How much of the hour has passed at a time, in ms. */
export const intoHour = (time: number) => mod(time, hourMs)
