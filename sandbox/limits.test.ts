import { expect, test } from 'vitest'
import { createConnections, createRate } from './limits.ts'

test('a connection above the cap is refused until another is given back, account by account', () => {
  const connections = createConnections()
  const first = connections.enter('a', 2)
  expect(connections.enter('a', 2)).toBeDefined()
  expect(connections.enter('a', 2)).toBeUndefined()
  expect(connections.enter('b', 2)).toBeDefined()
  first?.()
  expect(connections.enter('a', 2)).toBeDefined()
  expect(connections.refused()).toBe(1)
})

test('the most calls in flight are remembered after they have ended, the refused one included', () => {
  const connections = createConnections()
  const leaves = [1, 2, 3].map(() => connections.enter('a', 2))
  for (const leave of leaves) leave?.()
  expect(connections.highest()).toBe(3)
})

test('a cap of 0 refuses nobody and still remembers', () => {
  const connections = createConnections()
  for (let call = 0; call < 50; call += 1) expect(connections.enter('a', 0)).toBeDefined()
  expect(connections.highest()).toBe(50)
})

test('a window rolls: what was allowed a whole window ago counts no more, what came later does', () => {
  let now = 0
  const rate = createRate(1000, () => now)
  expect(rate.arrive('a', 2).allowed).toBe(true)
  now = 600
  expect(rate.arrive('a', 2).allowed).toBe(true)
  now = 999
  expect(rate.arrive('a', 2).allowed).toBe(false)
  now = 1000
  expect(rate.arrive('a', 2).allowed).toBe(true)
  now = 1599
  expect(rate.arrive('a', 2).allowed).toBe(false)
  now = 1600
  expect(rate.arrive('a', 2).allowed).toBe(true)
})

test('the busiest window is remembered with its refused calls, whichever window it was', () => {
  let now = 0
  const rate = createRate(1000, () => now)
  for (now of [0, 900, 950, 1100, 1200]) rate.arrive('a', 3)
  now = 9000
  rate.arrive('a', 3)
  rate.arrive('b', 3)
  expect({ highest: rate.highest(), refused: rate.refused() }).toEqual({ highest: 4, refused: 1 })
})

test('a window without a limit counts thousands of calls exactly', () => {
  let now = 0
  const rate = createRate(1000, () => now)
  for (let call = 0; call < 5000; call += 1) {
    now = call
    rate.arrive('a', 0)
  }
  expect({ highest: rate.highest(), refused: rate.refused() }).toEqual({ highest: 1000, refused: 0 })
})
