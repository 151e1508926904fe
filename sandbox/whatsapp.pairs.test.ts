import { expect, test } from 'vitest'
import { createPairs } from './whatsapp.pairs.ts'

const rule = { gapMs: 6000, burst: 45 }

test('a burst to one person is borrowed from later: each message of it costs six seconds', () => {
  let now = 0
  const pairs = createPairs(() => now)
  for (let count = 1; count <= 45; count += 1) expect(pairs.take('pair', rule)).toBe(true)
  expect(pairs.take('pair', rule)).toBe(false)
  now = 45 * 6000 - 1
  expect(pairs.take('pair', rule)).toBe(false)
  expect(pairs.take('other', rule)).toBe(true)
  now += 1
  expect(pairs.take('pair', rule)).toBe(true)
  expect({ highest: pairs.highest(), refused: pairs.refused() }).toEqual({ highest: 45, refused: 2 })
})

test('one message every six seconds always passes', () => {
  let now = 0
  const pairs = createPairs(() => now)
  for (; now < 600_000; now += 6000) expect(pairs.take('pair', rule)).toBe(true)
})
