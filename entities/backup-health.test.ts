import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createWorld, type World } from '../test/support/world.ts'
import { readBackupHealth } from './backup-health.ts'
import { newId } from './ids.ts'

const now = new Date('2026-06-02T12:00:00Z')
const policy = { configured: true, maxAgeHours: 26 }
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())
beforeEach(async () => {
  for (const table of ['verification', 'backup', 'schedule', 'job'])
    await world.fork().execute(`delete from ${table}`)
})

async function backup(hours: number, more: { verified?: boolean; state?: string } = {}): Promise<string> {
  const id = newId('backup')
  const at = hoursAgo(hours)
  await world
    .fork()
    .execute(
      'insert into backup (id, job_id, state, started_at, finished_at, verified_at) values (?, ?, ?, ?, ?, ?)',
      [id, newId('job'), more.state ?? 'COMPLETED', at, at, more.verified ? at : null],
    )
  return id
}

async function verification(backupId: string, state: string, jobState?: string): Promise<void> {
  const jobId = newId('job')
  if (jobState)
    await world.fork().execute(
      `insert into job (id, workspace_id, name, input, input_version, fingerprint, state, priority, run_at, run, attempts,
         attempts_made, starts, correlation_id, created_at, updated_at)
       values (?, ?, 'backup.verify', '{}', 1, '', ?, 'NORMAL', ?, 1, 1, 0, 0, 'test', ?, ?)`,
      [jobId, world.actor.workspaceId, jobState, now, now, now],
    )
  await world.fork().execute(
    `insert into verification (id, backup_id, job_id, state, scratch_database, started_at, finished_at, findings)
     values (?, ?, ?, ?, 'x', ?, ?, '[]')`,
    [newId('verification'), backupId, jobId, state, now, now],
  )
}

const health = () => readBackupHealth(world.fork(), policy, now)

test('a verified backup of the last 26 hours is healthy; a minute later it is not', async () => {
  const id = await backup(26, { verified: true })
  expect(await health()).toMatchObject({
    healthy: true,
    problem: null,
    ageSeconds: 26 * 3_600,
    lastGood: { id },
    lastVerified: { id },
  })
  const later = await readBackupHealth(world.fork(), policy, new Date(now.getTime() + 60_000))
  expect(later).toMatchObject({
    healthy: false,
    problem: 'The newest good backup is 26 hours old; expected was one of the last 26 hours.',
  })
})

test('without a repository, and without any good backup, it is not healthy', async () => {
  await backup(1, { state: 'FAILED' })
  expect(await health()).toMatchObject({ healthy: false, lastGood: null, ageSeconds: null })
  const unset = await readBackupHealth(world.fork(), { ...policy, configured: false }, now)
  expect(unset).toMatchObject({
    configured: false,
    healthy: false,
    problem: expect.stringContaining('no repository'),
  })
})

test('a good backup has an hour to be verified, and longer while that is under way', async () => {
  const id = await backup(1)
  expect((await health()).healthy).toBe(true)
  await backup(0.9)
  const older = await backup(1.1)
  expect((await health()).healthy).toBe(true)
  await world.fork().execute('delete from backup where id <> ?', [older])
  expect(await health()).toMatchObject({
    healthy: false,
    problem: expect.stringContaining('not been verified'),
  })
  await verification(older, 'RUNNING', 'DEAD')
  expect((await health()).healthy).toBe(false)
  await verification(older, 'RUNNING', 'ACTIVE')
  expect((await health()).healthy).toBe(true)
  expect(id).not.toBe(older)
})

test('a verification that found something counts until another one passes', async () => {
  const id = await backup(2, { verified: true })
  await verification(id, 'FAILED')
  expect(await health()).toMatchObject({
    healthy: false,
    problem: expect.stringContaining('cannot be relied on'),
  })
  await verification(id, 'BROKEN_OFF')
  expect((await health()).healthy).toBe(false)
  await verification(id, 'PASSED')
  expect((await health()).healthy).toBe(true)
})

test('the next run is the one of the schedule, unless it is paused', async () => {
  const next = new Date('2026-06-03T01:00:00Z')
  await world.fork().execute(
    `insert into schedule (id, workspace_id, name, job_name, input, input_version, cron, time_zone, overlap, catch_up, built_in, next_at,
       created_at, updated_at)
     values (?, ?, 'backup.daily', 'backup.daily', '{}', 1, '0 3 * * *', 'UTC', 'SKIP', 'ONCE', 1, ?, ?, ?)`,
    [newId('schedule'), world.actor.workspaceId, next, now, now],
  )
  expect((await health()).nextRunAt).toEqual(next)
  await world.fork().execute('update schedule set paused_at = ?', [now])
  expect((await health()).nextRunAt).toBeNull()
})
