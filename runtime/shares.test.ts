import { expect, test } from 'vitest'
import { createShares } from './shares.ts'

test('work of one owner waits for its turn in order, by weight, while others go ahead; who leaves is not waited for', async () => {
  const shares = createShares(10)
  const ended: string[] = []
  const ends = new Map<string, () => void>()
  const caller = new AbortController()
  const start = (name: string, weight: number, owner = 'one', signal?: AbortSignal) =>
    shares.run(
      owner,
      signal,
      () => new Promise<void>((resolve) => ends.set(name, resolve)).then(() => void ended.push(name)),
      weight,
    )
  const all = [start('a', 6), start('b', 4)]
  const left = start('gone', 6, 'one', caller.signal)
  all.push(start('c', 5), start('d', 25), start('e', 1), start('f', 3, 'other'))
  await Promise.resolve()
  expect([...ends.keys()]).toEqual(['a', 'b', 'f'])
  caller.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await expect.poll(() => ends.has(name)).toBe(true)
    ends.get(name)!()
    await expect.poll(() => ended.includes(name)).toBe(true)
  }
  await Promise.all(all)
  expect(ended).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})
