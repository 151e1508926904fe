/** For tests: what the clocks of a time zone show, minute by minute, told by the runtime and not by what is tested. */

export interface Wall {
  /** `YYYYMMDDhhmm` as a number, so that later clock times are greater. */
  key: number
  minute: number
  hour: number
  day: number
  month: number
  /** 0: Sunday. */
  weekday: number
}

const minute = 60_000

/** Reads the clock of a time zone. */
export function wallClock(timeZone: string): (at: Date) => Wall {
  const format = new Intl.DateTimeFormat('en-u-hc-h23', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 0, day = 0, hour = 0, minute: minutes = 0 } = part
    const key = Number([year, ...[month, day, hour, minutes].map((n) => String(n).padStart(2, '0'))].join(''))
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
    return { key, minute: minutes, hour, day, month, weekday }
  }
}

/** Every minute from `from` to `to` with what the clock shows. */
export function minutesOf(timeZone: string, from: Date, to: Date): { at: Date; wall: Wall }[] {
  const read = wallClock(timeZone)
  const count = Math.floor((to.getTime() - from.getTime()) / minute) + 1
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(from.getTime() + index * minute)
    return { at, wall: read(at) }
  })
}

/** When the clocks of a time zone are changed in a year. */
export function changesIn(timeZone: string, year: number): Date[] {
  const read = wallClock(timeZone)
  const offset = (at: Date) => {
    const { key } = read(at)
    const text = String(key).replace(/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5Z')
    return Date.parse(text) - at.getTime()
  }
  const quarters = Array.from(
    { length: 366 * 96 },
    (_, index) => new Date(Date.UTC(year, 0, 1) + index * 15 * minute),
  )
  return quarters.filter((at, index) => index > 0 && offset(at) !== offset(quarters[index - 1]!))
}
