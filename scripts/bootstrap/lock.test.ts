import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from './lock.mjs'

let dir: string
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'))
  file = join(dir, 'work.lock')
})
afterEach(() => rmSync(dir, { recursive: true }))

const touched = (secondsAgo: number) => {
  const then = new Date(Date.now() - secondsAgo * 1000)
  writeFileSync(file, '')
  utimesSync(file, then, then)
}

test('work under one lock never overlaps', async () => {
  let running = 0
  const seen: number[] = []
  const work = async () => {
    seen.push(++running)
    await sleep(20)
    running--
  }
  await Promise.all([1, 2, 3].map(() => withLock(file, work)))
  expect(seen).toEqual([1, 1, 1])
})

test('a lock goes away when the work fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(file)).toBe(false)
})

test('a lock nobody has touched for eleven seconds is taken over by one of those who wait', async () => {
  touched(11)
  let running = 0
  const work = async () => {
    expect(++running).toBe(1)
    await sleep(20)
    running--
  }
  await Promise.all([1, 2, 3].map(() => withLock(file, work)))
})

test('a lock touched eight seconds ago still belongs to its holder', async () => {
  touched(8)
  let done = false
  const waiting = withLock(file, async () => {
    done = true
  })
  await sleep(500)
  expect(done).toBe(false)
  rmSync(file)
  await waiting
})
