import { expect, test } from 'vitest'
import { freeTextAllowed } from './window.ts'

const wrote = new Date('2026-11-24T10:00:00Z')
const later = (hours: number, minutes: number, seconds: number) =>
  new Date(wrote.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1_000)

test.each([
  [0, 0, 0, true],
  [23, 58, 59, true],
  [23, 59, 0, false],
  [24, 0, 0, false],
  [48, 0, 0, false],
])(
  '%i h %i min %i s after the person wrote, free text is allowed: %j',
  (hours, minutes, seconds, allowed) => {
    expect(freeTextAllowed(wrote, later(hours, minutes, seconds))).toBe(allowed)
  },
)

test('free text is allowed although the message is from the future by a clock that goes wrong', () => {
  expect(freeTextAllowed(wrote, later(0, 0, -5))).toBe(true)
})

test.each([null, undefined])('free text is not allowed to somebody who last wrote %j', (never) => {
  expect(freeTextAllowed(never, wrote)).toBe(false)
})
