import { expect, test } from 'vitest'
import { dateTime, localDate } from './scalars.ts'

test.each([
  ['2026-02-28T09:30:00Z', '2026-02-28T09:30:00.000Z'],
  ['2028-02-29T23:59:59.999+02:00', '2028-02-29T21:59:59.999Z'],
])('%s is the time %s', (text, time) => {
  expect(dateTime.parseValue(text).toISOString()).toBe(time)
})

test.each([
  '2026-02-30T00:00:00Z',
  '2026-02-29T12:00:00+01:00',
  '2026-06-31T10:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24',
])('a time on a day or at an hour that does not exist is refused: %s', (text) => {
  expect(() => dateTime.parseValue(text)).toThrow('A DateTime is ISO 8601 with a zone')
})

test('a day that the calendar does not have is refused', () => {
  expect(localDate.parseValue('2028-02-29')).toBe('2028-02-29')
  expect(() => localDate.parseValue('2026-02-30')).toThrow('A LocalDate is a day of the calendar')
})
