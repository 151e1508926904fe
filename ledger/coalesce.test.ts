import { expect, test } from 'vitest'
import { coalesce } from './coalesce.ts'

test('calls made while a batch is on its way go together, and each gets its own result', async () => {
  const batches: number[][] = []
  const double = coalesce(
    async (items: number[]) => {
      batches.push(items)
      await new Promise((resolve) => setImmediate(resolve))
      return items.map((item) => item * 2)
    },
    { maxBatch: 50, lanes: 1 },
  )
  const results = await Promise.all(Array.from({ length: 120 }, (_, n) => double(n)))
  expect(results).toEqual(Array.from({ length: 120 }, (_, n) => n * 2))
  expect(batches.map(({ length }) => length)).toEqual([50, 50, 20])
})

test('one bad item fails alone', async () => {
  const run = coalesce(
    async (items: string[]) => {
      if (items.includes('bad')) throw new Error('cannot store this')
      return items.map((item) => item.toUpperCase())
    },
    { maxBatch: 10 },
  )
  const results = await Promise.allSettled(['a', 'bad', 'b'].map((item) => run(item)))
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'refused'))).toEqual([
    'A',
    'refused',
    'B',
  ])
})

test('an error that is not the fault of an item fails its batch without another try', async () => {
  let tries = 0
  const run = coalesce(
    async () => {
      tries += 1
      throw new Error('MariaDB is away')
    },
    { maxBatch: 10, concernsAll: () => true },
  )
  const results = await Promise.allSettled([1, 2, 3].map((item) => run(item)))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(tries).toBe(1)
})
