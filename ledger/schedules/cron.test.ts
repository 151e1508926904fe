import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesIn, minutesOf, type Wall, wallClock } from '../../test/support/wall-clock.ts'
import { InvalidInputError } from '../errors.ts'
import { parseCron } from './cron.ts'
import { cronInWords } from './cron-words.ts'

const hour = 3_600_000

/** The ticks after a time, as text. */
function ticks(cron: string, timeZone: string, after: string, count: number): string[] {
  return parseCron(cron, timeZone)
    .between(new Date(after), new Date('2100-01-01'), count)
    .map((tick) => tick.toISOString().slice(0, 16))
}

describe('when clocks are changed', () => {
  test('a daily time that is left out ticks once, at the first moment after the gap', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ])
    expect(ticks('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T16:00Z', 2)).toEqual([
      '2026-10-03T15:30',
      '2026-10-04T15:15',
    ])
  })

  test('a daily time that comes twice ticks the first time only', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-10-24T01:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
    expect(ticks('30 1 * * *', 'America/New_York', '2026-10-31T06:00Z', 2)).toEqual([
      '2026-11-01T05:30',
      '2026-11-02T06:30',
    ])
    expect(ticks('45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T15:00Z', 2)).toEqual([
      '2026-04-04T14:45',
      '2026-04-05T15:15',
    ])
  })

  test('an hourly schedule ticks every real hour', () => {
    expect(ticks('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30Z', 4)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
      '2026-10-25T03:00',
    ])
    expect(ticks('0 * * * *', 'America/New_York', '2026-03-08T05:30Z', 3)).toEqual([
      '2026-03-08T06:00',
      '2026-03-08T07:00',
      '2026-03-08T08:00',
    ])
  })
})

test('the 31st comes in months that have one, the last day in every month', () => {
  expect(ticks('0 9 31 * *', 'Asia/Kolkata', '2026-01-01T00:00Z', 3)).toEqual([
    '2026-01-31T03:30',
    '2026-03-31T03:30',
    '2026-05-31T03:30',
  ])
  expect(ticks('0 9 L * *', 'Asia/Kolkata', '2028-01-01T00:00Z', 3)).toEqual([
    '2028-01-31T03:30',
    '2028-02-29T03:30',
    '2028-03-31T03:30',
  ])
})

test('a day of month and a weekday together mean either of them, as in cron', () => {
  expect(ticks('0 0 1 * FRI', 'UTC', '2026-01-01T00:00Z', 2)).toEqual([
    '2026-01-02T00:00',
    '2026-01-09T00:00',
  ])
})

describe('every expression, over every change of clocks', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'America/St_Johns',
  ]
  const windows = zones.flatMap((zone) => {
    const around = [...changesIn(zone, 2026), new Date('2026-01-31T18:30Z'), new Date('2028-02-29T12:00Z')]
    return around.map((change) => ({
      zone,
      from: new Date(change.getTime() - 30 * hour),
      to: new Date(change.getTime() + 30 * hour),
    }))
  })
  const minutesIn = new Map(
    windows.map((window) => {
      const start = new Date(window.from.getTime() - 30 * hour)
      return [window, minutesOf(window.zone, start, new Date(window.to.getTime() + 10 * hour))]
    }),
  )
  const some = (min: number, max: number) =>
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((list) => ({
      text: list.join(','),
      fits: (n: number) => list.includes(n),
      wild: false,
    }))
  const range = (min: number, max: number) =>
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => ({
      text: `${Math.min(a, b)}-${Math.max(a, b)}`,
      fits: (n: number) => n >= Math.min(a, b) && n <= Math.max(a, b),
      wild: false,
    }))
  const step = (min: number, max: number) =>
    fc.integer({ min: 1, max: Math.floor(max / 2) }).map((by) => ({
      text: `*/${by}`,
      fits: (n: number) => (n - min) % by === 0,
      wild: true,
    }))
  const any = fc.constant({ text: '*', fits: () => true, wild: true })
  const field = (min: number, max: number) => fc.oneof(any, some(min, max), range(min, max), step(min, max))
  const lastDays = fc
    .integer({ min: 1, max: 28 })
    .map((from) => ({ text: `${from}-31`, fits: (n: number) => n >= from, wild: false }))
  const expression = fc.record({
    minute: field(0, 59),
    hour: fc.oneof(field(0, 23), some(0, 3), range(0, 4)),
    day: fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: lastDays }),
    month: fc.oneof({ weight: 4, arbitrary: any }, { weight: 1, arbitrary: some(1, 12) }),
    window: fc.constantFrom(...windows),
  })
  const textOf = (e: Record<'minute' | 'hour' | 'day' | 'month', { text: string }>) =>
    `${e.minute.text} ${e.hour.text} ${e.day.text} ${e.month.text} *`

  test('ticks exactly when the rule says, read off the clock minute by minute', () => {
    fc.assert(
      fc.property(expression, (e) => {
        const { zone, from, to } = e.window
        const minutes = minutesIn.get(e.window)!
        const onDay = ({ day, month }: Wall) => e.day.fits(day) && e.month.fits(month)
        const expected = new Set<number>()
        const moments =
          e.minute.wild || e.hour.wild ? minutes.filter(({ wall }) => fits(wall)) : firstMoments()
        function fits(wall: Wall) {
          return onDay(wall) && e.minute.fits(wall.minute) && e.hour.fits(wall.hour)
        }
        function firstMoments() {
          const days = new Map(
            minutes
              .filter(({ wall }) => onDay(wall))
              .map(({ wall }) => [Math.floor(wall.key / 10_000), wall]),
          )
          const times = Array.from({ length: 1440 }, (_, n) => [Math.floor(n / 60), n % 60] as const).filter(
            ([h, m]) => e.hour.fits(h) && e.minute.fits(m),
          )
          const targets = [...days.keys()].flatMap((day) => times.map(([h, m]) => day * 10_000 + h * 100 + m))
          return targets.flatMap((target) => minutes.find(({ wall }) => wall.key >= target) ?? [])
        }
        for (const { at } of moments) if (at > from && at <= to) expected.add(at.getTime())
        const found = parseCron(textOf(e), zone).between(from, to, 10_000)
        expect(found.map(Number)).toEqual([...expected].sort((a, b) => a - b))
      }),
      { numRuns: 300 },
    )
  })

  test('has ticks that only rise, one by one the same as all at once, the newest of them found directly', () => {
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 60 * 60 }), (e, minutes) => {
        const cron = parseCron(textOf(e), e.window.zone)
        const from = new Date(e.window.from.getTime() + 12_345)
        const to = new Date(from.getTime() + minutes * 60_000)
        const all = cron.between(from, to, 10_000)
        const single: Date[] = []
        for (let tick = cron.next(from); tick && tick <= to; tick = cron.next(tick)) single.push(tick)
        expect(all).toEqual(single)
        expect(all.every((tick, index) => index === 0 || tick > all[index - 1]!)).toBe(true)
        expect(all.every((tick) => tick.getTime() % 60_000 === 0)).toBe(true)
        expect(cron.newest(from, to)).toEqual(all.at(-1))
        expect(cronInWords(textOf(e))).not.toBe('')
        const half = new Date((from.getTime() + to.getTime()) / 2)
        expect([...cron.between(from, half, 10_000), ...cron.between(half, to, 10_000)]).toEqual(all)
      }),
      { numRuns: 300 },
    )
  })
})

test('the newest tick of ten years is found without walking through five million', () => {
  const cron = parseCron('* * * * *', 'Europe/Berlin')
  expect(cron.newest(new Date('2016-01-01'), new Date('2026-01-01T00:00:30Z'))).toEqual(
    new Date('2026-01-01'),
  )
})

describe('is refused, with what was expected:', () => {
  const refusal = (cron: string, timeZone = 'UTC') => {
    try {
      parseCron(cron, timeZone)
    } catch (error) {
      if (error instanceof InvalidInputError) return error.issues[0]
      throw error
    }
    return undefined
  }
  test.each([
    ['nothing', '', 'has 0 fields'],
    ['seconds', '* * * * * *', 'has 6 fields'],
    ['a year', '0 0 1 1 * 2030', 'has 6 fields'],
    ['four fields', '* * * *', 'has 4 fields'],
    ['a long text', '*'.repeat(101), 'has 101 characters; at most 100'],
    ['a list as long as it gets', `${'1,'.repeat(46)}1 * * * *`.slice(0, 101), 'has 101 characters'],
    ['line breaks', '0 0 * * *\n0 0 * * *', 'characters that have no meaning'],
    ['a question mark, which means now', '? * * * *', 'characters that have no meaning'],
    ['other scripts', '٠ ٠ * * *', 'characters that have no meaning'],
    ['a date of the moment', '@reboot', 'characters that have no meaning'],
    ['words', 'every day at 9 o', 'cannot be read'],
    ['a minute there is not', '60 * * * *', 'Invalid value for minute: 60'],
    ['an hour there is not', '0 24 * * *', 'cannot be read'],
    ['a weekday there is not', '0 0 * * 8', 'cannot be read'],
    ['day zero', '0 0 0 * *', 'cannot be read'],
    ['a step of nothing', '*/0 * * * *', 'cannot be read'],
    ['a step beyond reason', '*/99999999999999999999 * * * *', 'cannot be read'],
    ['a range that runs backwards', '5-1 * * * *', 'cannot be read'],
    ['a range without end', '1-99999999999999999999 * * * *', 'cannot be read'],
    ['an empty list', ',,,, * * * *', 'cannot be read'],
    ['the nearest working day', '0 0 1W * *', 'holds W'],
    ['a 30th of February', '0 0 30 2 *', 'never ticks'],
    ['a 31st of short months', '0 0 31 4,6,9,11 *', 'never ticks'],
  ])('%s', (_, cron, message) => {
    expect(refusal(cron)).toMatchObject({ path: 'cron', message: expect.stringContaining(message) })
  })
  test.each(['', 'Mars/Olympus', '+02:00', 'Europe/Berlin\n', '../../etc/passwd', 'x'.repeat(65)])(
    'the time zone %j',
    (timeZone) => {
      expect(refusal('0 0 * * *', timeZone)).toMatchObject({ path: 'timeZone' })
    },
  )
  test('or is a schedule, whatever text it is', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0159*,-/#L @?WMON'), maxLength: 30 })
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.tuple(text, text, text, text, text).map((list) => list.join(' ')),
        ),
        (cron) => {
          try {
            const parsed = parseCron(cron, 'America/New_York')
            const [first, second] = parsed.between(new Date('2026-03-01'), new Date('2060-01-01'), 2)
            if (first && second) expect(second.getTime() - first.getTime()).toBeGreaterThanOrEqual(60_000)
            expect(cronInWords(cron)).not.toBe('')
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInputError)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

test.each([
  ['17 * * * *', 'At 17 minutes past the hour'],
  ['0 9 * * MON-FRI', 'At 09:00, Monday through Friday'],
  ['@daily', 'At 00:00'],
  ['0 6 L * *', 'At 06:00, on the last day of the month'],
])('%s reads as "%s"', (cron, words) => {
  expect(cronInWords(cron)).toBe(words)
})

test('a wall clock shows what the zone has', () => {
  expect(wallClock('Asia/Kolkata')(new Date('2026-01-31T18:30Z'))).toMatchObject({
    day: 1,
    month: 2,
    hour: 0,
  })
})
