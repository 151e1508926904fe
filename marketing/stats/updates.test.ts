import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Em } from '../../entities/index.ts'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { take } from '../../test/support/api.ts'
import { createDatabase } from '../../test/support/database.ts'
import { createStatUpdates } from './updates.ts'

let orm: Orm
let drop: () => Promise<void>
beforeAll(async () => {
  const database = await createDatabase(inject('databaseUrl'))
  drop = database.drop
  orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 3 })
})
afterAll(async () => {
  await orm?.close()
  await drop?.()
})

/** Updates with a hand on the nudges; `pollMs` of an hour means that only they count. */
function updatesWith(pollMs: number) {
  const listeners = new Set<(subject: string) => void>()
  let reads = 0
  const fork = () => {
    reads++
    return orm.em.fork() as Em
  }
  const listen = (callback: (subject: string) => void) => {
    listeners.add(callback)
    return () => listeners.delete(callback)
  }
  const updates = createStatUpdates(fork, pino({ level: 'silent' }), listen, pollMs)
  const nudge = (subject = 'stats.rollup') => {
    for (const callback of listeners) callback(subject)
  }
  return { updates, nudge, listeners, reads: () => reads }
}

let last = 0
async function move(): Promise<string> {
  const at = new Date(Date.UTC(2026, 10, 24, 0, 0, ++last))
  await orm.em.fork().execute("update stat_position set fact_id = ?, at = ? where name = 'FACTS'", [last, at])
  return `${last}-${at.getTime()}`
}
const hour = 3_600_000
const cursors = (positions: { cursor: string }[]) => positions.map(({ cursor }) => cursor)

describe('news of statistics', () => {
  test('come when the job that counts moves, and not for other jobs', async () => {
    const { updates, nudge, reads } = updatesWith(hour)
    const present = await move()
    const iterator = updates.subscribe()
    expect(cursors(await take(iterator, 1))).toEqual([present])
    const next = take(iterator, 1)
    const moved = await move()
    const before = reads()
    nudge('lead.created')
    expect(reads()).toBe(before)
    nudge()
    expect(cursors(await next)).toEqual([moved])
    await updates.close()
  })

  test('come without any nudge too', async () => {
    const { updates } = updatesWith(20)
    const iterator = updates.subscribe(await move())
    const next = take(iterator, 1)
    const moved = await move()
    expect(cursors(await next)).toEqual([moved])
    await updates.close()
  })

  test('are the newest alone for who is slow, and nothing that was seen', async () => {
    const { updates, nudge } = updatesWith(20)
    const iterator = updates.subscribe(await move())
    const quick = updates.subscribe()
    await take(quick, 1)
    await move()
    nudge()
    await take(quick, 1)
    const newest = await move()
    nudge()
    await take(quick, 1)
    expect(cursors(await take(iterator, 1))).toEqual([newest])
    await updates.close()
  })

  test('cost nothing while nobody watches, and a reader who waits is let go at the end', async () => {
    const { updates, listeners } = updatesWith(hour)
    expect(listeners.size).toBe(0)
    const [one, two] = [updates.subscribe(await move()), updates.subscribe()]
    expect(listeners.size).toBe(1)
    const waiting = one.next()
    await one.return?.()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(listeners.size).toBe(1)
    await two.return?.()
    expect(listeners.size).toBe(0)
    expect((await two.next()).done).toBe(true)
  })
})
