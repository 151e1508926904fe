import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTimeZone } from '../../entities/time-zone.ts'
import { axisOf, earlierAxis, type Granularity, granularities, pointsOf } from './axis.ts'
import { dayMs, hourMs, readDay, showDay } from './calendar.ts'
import { instantOf, offsetAt } from './zone.ts'

const range = (from: string, to: string) => ({ from: readDay(from)!, to: readDay(to)! })
const lengths = (zone: string, from: string, to: string, granularity: Granularity = 'DAY') => {
  const { bounds } = axisOf(zone, range(from, to), granularity)
  return bounds.slice(1).map((bound, index) => (bound - bounds[index]!) / hourMs)
}
const locals = (zone: string, day: string) =>
  pointsOf(axisOf(zone, range(day, day), 'HOUR')).map(({ local }) => local.slice(11))
const days = (zone: string, from: string, to: string, granularity: Granularity) =>
  pointsOf(axisOf(zone, range(from, to), granularity)).map(({ day }) => day)

describe('a day of the viewer', () => {
  test.each([
    ['Europe/Berlin', '2026-03-28', '2026-03-30', [24, 23, 24]],
    ['Europe/Berlin', '2026-10-24', '2026-10-26', [24, 25, 24]],
    ['Australia/Lord_Howe', '2026-04-04', '2026-04-06', [24, 24.5, 24]],
    ['Australia/Lord_Howe', '2026-10-03', '2026-10-05', [24, 23.5, 24]],
    ['Asia/Kolkata', '2026-03-28', '2026-03-29', [24, 24]],
    ['Africa/Cairo', '2026-04-23', '2026-04-25', [24, 23, 24]],
    ['America/Havana', '2026-10-31', '2026-11-02', [24, 25, 24]],
    ['Pacific/Apia', '2011-12-29', '2011-12-31', [24, 0, 24]],
  ])('in %s from %s to %s has its true length', (zone, from, to, hours) => {
    expect(lengths(zone, from, to)).toEqual(hours)
  })

  test.each([
    ['Asia/Kolkata', '2026-11-23T18:30:00.000Z'],
    ['Asia/Kathmandu', '2026-11-23T18:15:00.000Z'],
    ['America/St_Johns', '2026-11-24T03:30:00.000Z'],
    ['Pacific/Chatham', '2026-11-23T10:15:00.000Z'],
  ])('begins in %s at %s', (zone, instant) => {
    expect(new Date(instantOf(zone, readDay('2026-11-24')! * dayMs)).toISOString()).toBe(instant)
  })

  test('has both of its hours when clocks go back, and not the one they skip', () => {
    const back = locals('Europe/Berlin', '2026-10-25')
    expect(back).toHaveLength(25)
    expect(back.slice(1, 5)).toEqual(['01:00+02:00', '02:00+02:00', '02:00+01:00', '03:00+01:00'])
    const ahead = locals('Europe/Berlin', '2026-03-29')
    expect(ahead).toHaveLength(23)
    expect(ahead.slice(1, 3)).toEqual(['01:00+01:00', '03:00+02:00'])
  })

  test('has a half hour where clocks are changed by half an hour', () => {
    const back = locals('Australia/Lord_Howe', '2026-04-05')
    expect(back.slice(0, 4)).toEqual(['00:00+11:00', '01:00+11:00', '01:30+10:30', '02:00+10:30'])
    expect(lengths('Australia/Lord_Howe', '2026-04-05', '2026-04-05', 'HOUR').slice(0, 4)).toEqual([
      1, 1, 0.5, 1,
    ])
    const ahead = lengths('Australia/Lord_Howe', '2026-10-04', '2026-10-04', 'HOUR')
    expect(ahead.slice(0, 4)).toEqual([1, 1, 0.5, 1])
  })
})

describe('weeks and months', () => {
  test('begin on Mondays and firsts, and end where the range does', () => {
    expect(days('Europe/Berlin', '2026-11-19', '2026-12-08', 'WEEK')).toEqual([
      '2026-11-19',
      '2026-11-23',
      '2026-11-30',
      '2026-12-07',
    ])
    expect(days('Europe/Berlin', '2026-01-31', '2026-04-01', 'MONTH')).toEqual([
      '2026-01-31',
      '2026-02-01',
      '2026-03-01',
      '2026-04-01',
    ])
    expect(lengths('UTC', '2024-02-01', '2024-03-31', 'MONTH')).toEqual([29 * 24, 31 * 24])
  })

  test('an ISO week may begin in the year before', () => {
    expect(days('UTC', '2020-12-28', '2021-01-10', 'WEEK')).toEqual(['2020-12-28', '2021-01-04'])
  })
})

const zones = Intl.supportedValuesOf('timeZone')
const zone = fc.constantFrom(...zones)
const [first, last] = [readDay('2016-01-01')!, readDay('2037-01-01')!]
const anyRange = (longest: number) =>
  fc
    .record({ from: fc.integer({ min: first, max: last }), days: fc.integer({ min: 0, max: longest }) })
    .map(({ from, days: more }) => ({ from, to: from + more }))

test('in every zone and granularity points follow each other on quarters of an hour, from the first day to the last', () => {
  fc.assert(
    fc.property(zone, fc.constantFrom(...granularities), anyRange(30), (name, granularity, chosen) => {
      const { bounds } = axisOf(name, chosen, granularity)
      expect(bounds.every((bound) => bound % (hourMs / 4) === 0)).toBe(true)
      expect(bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]!)).toBe(true)
      const dayAt = (instant: number) => Math.floor((instant + offsetAt(name, instant)) / dayMs)
      expect(dayAt(bounds[0]!)).toBe(chosen.from)
      expect(dayAt(bounds[0]! - 1)).toBeLessThan(chosen.from)
      expect(dayAt(bounds.at(-1)! - 1)).toBe(chosen.to)
    }),
  )
})

describe('what points are compared with', () => {
  const earlier = (name: string, from: string, to: string, comparison: 'PREVIOUS_PERIOD' | 'PREVIOUS_YEAR') =>
    pointsOf(earlierAxis(axisOf(name, range(from, to), 'DAY'), comparison, range(from, to)))
  const shape = (points: ReturnType<typeof earlier>) =>
    points.map(({ day, start, end }) => [day, (end.getTime() - start.getTime()) / hourMs])

  test('are the same days of the calendar, whatever their length was', () => {
    expect(shape(earlier('Europe/Berlin', '2026-03-28', '2026-03-30', 'PREVIOUS_PERIOD'))).toEqual([
      ['2026-03-25', 24],
      ['2026-03-26', 24],
      ['2026-03-27', 24],
    ])
    expect(shape(earlier('Europe/Berlin', '2026-04-01', '2026-04-03', 'PREVIOUS_PERIOD'))).toEqual([
      ['2026-03-29', 23],
      ['2026-03-30', 24],
      ['2026-03-31', 24],
    ])
  })

  test('a leap day has nothing the year before, and a leap day of the year before is in 28 February', () => {
    expect(shape(earlier('UTC', '2024-02-28', '2024-03-01', 'PREVIOUS_YEAR'))).toEqual([
      ['2023-02-28', 24],
      ['2023-03-01', 0],
      ['2023-03-01', 24],
    ])
    expect(shape(earlier('UTC', '2025-02-27', '2025-03-01', 'PREVIOUS_YEAR'))).toEqual([
      ['2024-02-27', 24],
      ['2024-02-28', 48],
      ['2024-03-01', 24],
    ])
  })

  test('cover the earlier range without a hole in every zone', () => {
    const comparison = fc.constantFrom('PREVIOUS_PERIOD' as const, 'PREVIOUS_YEAR' as const)
    fc.assert(
      fc.property(
        zone,
        fc.constantFrom(...granularities),
        comparison,
        anyRange(10),
        (name, granularity, what, chosen) => {
          const axis = axisOf(name, chosen, granularity)
          const before = earlierAxis(axis, what, chosen)
          expect(before.bounds).toHaveLength(axis.bounds.length)
          expect(
            before.bounds.every((bound, index) => index === 0 || bound >= before.bounds[index - 1]!),
          ).toBe(true)
          expect(before.bounds[0]).toBe(instantOf(name, before.walls[0]!))
          expect(before.bounds.at(-1)).toBe(instantOf(name, before.walls.at(-1)!))
        },
      ),
      // The hours of a 29 February, which the year before lacks.
      { examples: [['Africa/Abidjan', 'HOUR', 'PREVIOUS_YEAR', { from: 24_155, to: 24_165 }]] },
    )
  })
})

describe('names and days', () => {
  test.each(['Europe/Berlin', 'UTC', 'america/argentina/buenos_aires', 'Etc/GMT+3'])(
    '%s is a time zone',
    (name) => {
      expect(isTimeZone(name)).toBe(true)
    },
  )
  test.each(['Mars/Olympus', '+05:30', '', 'Europe/Berlin; drop', '../UTC'])(
    '"%s" is no time zone',
    (name) => {
      expect(isTimeZone(name)).toBe(false)
    },
  )
  test('a day that does not exist is not read', () => {
    expect(['2026-02-29', '2026-13-01', '2026-1-1', 'x'].map(readDay)).toEqual(Array(4).fill(undefined))
    expect(showDay(readDay('2024-02-29')!)).toBe('2024-02-29')
  })
})
