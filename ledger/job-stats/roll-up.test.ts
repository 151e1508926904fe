import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import { insertRows } from '../../entities/sql.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { rollUpJobStats } from './roll-up.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.fork().execute('delete from job')
  await world.fork().execute('delete from job_stat_hour')
  await world.fork().execute("update stat_position set at = '1970-01-01' where name = 'JOBS'")
})

const at = (time: string) => new Date(`2026-11-24T${time}Z`)

interface Attempt {
  run?: number
  number?: number
  outcome: string
  started: string
  finished?: string
  errorClass?: string
  next?: string
}

async function addJob(
  state: string,
  { run = 1, runAt, finished }: { run?: number; runAt: string; finished?: string },
  attempts: Attempt[] = [],
): Promise<string> {
  const id = newId('job')
  const now = new Date()
  const em = world.fork()
  const columns =
    'id workspace_id name input input_version fingerprint state priority run_at run attempts attempts_made starts correlation_id created_at finished_at updated_at'
  const values = [
    id,
    world.actor.workspaceId,
    'lead.created',
    '{}',
    1,
    'f',
    state,
    'NORMAL',
    at(runAt),
    run,
    5,
    1,
    1,
  ]
  await insertRows(em, 'job', columns.split(' '), [
    [...values, 'c', now, finished ? at(finished) : null, now],
  ])
  const rows = attempts.map((attempt) => [
    id,
    attempt.run ?? 1,
    attempt.number ?? 1,
    attempt.outcome,
    at(attempt.started),
    attempt.finished ? at(attempt.finished) : null,
    attempt.errorClass ?? null,
    attempt.next ? at(attempt.next) : null,
  ])
  const attemptColumns = 'job_id run number outcome started_at finished_at error_class next_at'
  await insertRows(em, 'job_attempt', attemptColumns.split(' '), rows)
  return id
}

const rollUp = (now: string) =>
  rollUpJobStats({
    transaction: world.ledger.transaction,
    now: at(now),
    signal: new AbortController().signal,
  })

/** Hour, measure, class and count. */
async function counted(): Promise<string[]> {
  const rows = await world
    .fork()
    .execute<{ hour: string; measure: string; bucket: number; count: number }[]>(
      "select date_format(hour_at, '%H') as hour, measure, bucket, count from job_stat_hour order by hour_at, measure, bucket",
    )
  return rows.map(({ hour, measure, bucket, count }) => `${hour} ${measure} ${bucket} ${count}`)
}

describe('statistics of jobs', () => {
  test('count what became of jobs and attempts in the hour it happened, and how long they waited and ran', async () => {
    await addJob('COMPLETED', { runAt: '10:00:00', finished: '11:00:01' }, [
      {
        outcome: 'FAILED',
        started: '10:00:00.001',
        finished: '10:00:01.001',
        errorClass: 'TRANSIENT',
        next: '11:00:00',
      },
      { number: 2, outcome: 'COMPLETED', started: '11:00:00.003', finished: '11:00:01.003' },
    ])
    await addJob('ACTIVE', { runAt: '11:00:00' }, [{ outcome: 'RUNNING', started: '11:00:00.003' }])
    await rollUp('11:30:00')
    // 1 ms is class 4, 3 ms class 8, 1,000 ms class 39.
    expect(await counted()).toEqual([
      '10 FAILED 0 1',
      '10 RUN 39 1',
      '10 WAIT 4 1',
      '11 COMPLETED 0 1',
      '11 RUN 39 1',
      '11 WAIT 8 2',
    ])
  })

  test('are the same however often they are rolled up', async () => {
    await addJob('COMPLETED', { runAt: '10:00:00', finished: '10:00:02' }, [
      { outcome: 'COMPLETED', started: '10:00:01', finished: '10:00:02' },
    ])
    await rollUp('10:10:00')
    const once = await counted()
    await rollUp('10:10:00')
    await Promise.all([rollUp('10:11:00'), rollUp('10:12:00')])
    expect(await counted()).toEqual(once)
  })

  test('take in what comes late, as long as the hour is open', async () => {
    await rollUp('12:00:00')
    await addJob('CANCELLED', { runAt: '10:00:00', finished: '10:00:00' })
    await addJob('CANCELLED', { runAt: '09:00:00', finished: '09:59:59.999' })
    await rollUp('12:05:00')
    expect(await counted()).toEqual(['10 CANCELLED 0 1'])
  })

  test('keep the end of an earlier run when the job is retried, whether its hour is open or not', async () => {
    const dead = { outcome: 'FAILED', errorClass: 'PERMANENT', started: '10:00:00', finished: '10:00:00' }
    const id = await addJob('DEAD', { runAt: '10:00:00', finished: '10:00:00' }, [dead])
    await rollUp('10:30:00')
    const before = await counted()
    await world
      .fork()
      .execute("update job set state = 'WAITING', run = 2, run_at = ?, finished_at = null where id = ?", [
        at('10:40:00'),
        id,
      ])
    await rollUp('10:50:00')
    expect(await counted()).toEqual(before.filter((line) => !line.includes('WAIT')).concat('10 WAIT 0 1'))
    await world
      .fork()
      .execute("update job set state = 'CANCELLED', finished_at = ? where id = ?", [at('13:00:00'), id])
    await rollUp('13:10:00')
    await rollUp('16:10:00')
    expect(await counted()).toEqual([...before, '13 CANCELLED 0 1'])
  })

  test('outlive the jobs they were counted from', async () => {
    await addJob('COMPLETED', { runAt: '10:00:00', finished: '10:00:00' })
    await rollUp('13:10:00')
    await world.fork().execute('delete from job')
    await rollUp('13:20:00')
    expect(await counted()).toEqual(['10 COMPLETED 0 1'])
  })

  test('wait for a projection that is catching up', async () => {
    const eventId = `${at('10:00:00').getTime()}-0`
    await world
      .fork()
      .execute('insert into stream_position (queue, event_id, updated_at) values (?, ?, ?)', [
        'lead.created',
        eventId,
        at('15:00:00'),
      ])
    await rollUp('15:00:00')
    await addJob('COMPLETED', { runAt: '10:00:00', finished: '10:30:00' })
    await world.fork().execute('update stream_position set event_id = ?', [`${at('15:00:00').getTime()}-0`])
    await rollUp('15:05:00')
    expect(await counted()).toEqual(['10 COMPLETED 0 1'])
    await world.fork().execute('delete from stream_position')
  })
})
