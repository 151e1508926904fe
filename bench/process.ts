import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { plainId } from '../queue/keys.ts'
import { streamLength } from '../queue/queues.ts'
import { leadCreated } from '../workers/lead.created.ts'
import { startChild } from './support/child.ts'
import { showCpu, watchCpu } from './support/cpu.ts'
import { median, remark, report } from './support/report.ts'
import { openRedis, peerRedisUrl } from './support/services.ts'
import { createSystem, jobName, type System } from './support/system.ts'

/**
 * How fast one worker process gets through jobs that do nothing: with the ledger, its attempts and the projection that
 * runs beside it, against a bare BullMQ worker with the same number of jobs and the same concurrency.
 */

const jobs = 20_000
/** Completions that are not counted: the process warms up. */
const warmUp = 4_000
const concurrency = 50
const rounds = 3

interface Round {
  perSecond: number
  maxLagMs: number
  afterLastMs: number
}

const ours: Round[] = []
const bare: number[] = []
for (let round = 0; round < rounds; round++) {
  ours.push(await runOurs())
  bare.push(await runBare())
  const { perSecond, maxLagMs, afterLastMs } = ours.at(-1)!
  remark(
    `round ${round + 1}: ours ${Math.round(perSecond)}/s, bare ${Math.round(bare.at(-1)!)}/s, largest lag ${Math.round(maxLagMs)} ms, rows complete ${Math.round(afterLastMs)} ms after the last job`,
  )
}
report('process', 'vs_bare_worker', median(ours.map(({ perSecond }) => perSecond)), {
  name: 'bullmq Worker',
  value: median(bare),
})
report('process', 'projection_lag_ms', median(ours.map(({ maxLagMs }) => maxLagMs)))
report('process', 'rows_complete_after_ms', median(ours.map(({ afterLastMs }) => afterLastMs)))

async function runOurs(): Promise<Round> {
  const system = await createSystem()
  const redis = openRedis()
  try {
    const dispatcher = await system.startDispatcher()
    await prefill(system)
    const start = await untilState(system, 'WAITING')
    const worker = await system.startWorker('nothing', concurrency)
    const cpu = watchCpu({ worker: worker.pid, dispatcher: dispatcher.pid })
    const maxLagMs = await watchLag(system, redis)
    const rowsCompleteAt = await untilState(system, 'COMPLETED')
    remark(showCpu([cpu()], jobs))
    const completions = await completionsAfter(redis, system.stream, start)
    return { perSecond: rateOf(completions), maxLagMs, afterLastMs: rowsCompleteAt - completions.at(-1)! }
  } finally {
    redis.disconnect()
    await system.close()
  }
}

async function prefill({ ledger, actor }: System): Promise<void> {
  const size = 500
  for (let done = 0; done < jobs; done += size) {
    const requests = Array.from({ length: size }, () => ({
      definition: leadCreated,
      input: { leadId: 'lead_bench' },
      actor,
    }))
    await ledger.transaction((em) => ledger.enqueueIn(em, requests))
  }
}

/** Waits until every row is in a state. @returns when that was */
async function untilState({ fork }: System, state: string): Promise<number> {
  for (;;) {
    const [row] = await fork().execute<{ left: number }[]>(
      'select count(*) as `left` from job where state <> ?',
      [state],
    )
    if (Number(row?.left) === 0) return Date.now()
    await sleep(50)
  }
}

/** Watches how old the oldest event is that the rows do not show yet, until all jobs have finished and are shown. */
async function watchLag({ fork, stream, ledger, actor }: System, redis: Redis): Promise<number> {
  let largest = 0
  for (;;) {
    const [row] = await fork().execute<{ event_id: string }[]>(
      'select event_id from stream_position where queue = ?',
      [jobName],
    )
    const [next] = await redis.xrange(stream, `(${plainId(row!.event_id)}`, '+', 'COUNT', 1)
    if (next) largest = Math.max(largest, Date.now() - timeOf(next[0]))
    else if ((await ledger.count(fork(), actor.workspaceId, { states: ['WAITING', 'ACTIVE'] }, 1)) === 0)
      return largest
    await sleep(25)
  }
}

function timeOf(streamId: string): number {
  return Number(streamId.split('-')[0])
}

/** When each job of the stream was completed, as Redis has it. */
async function completionsAfter(redis: Redis, stream: string, start: number): Promise<number[]> {
  const times: number[] = []
  let from = String(start)
  for (;;) {
    const entries = await redis.xrange(stream, from, '+', 'COUNT', 5_000)
    for (const [id, fields] of entries)
      if (fields[fields.indexOf('event') + 1] === 'completed') times.push(timeOf(id))
    const last = entries.at(-1)
    if (!last) return times
    from = `(${last[0]}`
  }
}

function rateOf(completions: number[]): number {
  if (completions.length !== jobs)
    throw new Error(`${completions.length} of ${jobs} jobs completed, or the stream has lost some`)
  return ((jobs - warmUp) / (completions.at(-1)! - completions[warmUp - 1]!)) * 1_000
}

/** The same number of jobs with the same options and as much data. */
async function runBare(): Promise<number> {
  const redis = openRedis(peerRedisUrl)
  await redis.flushdb()
  const name = 'bare'
  const removeOnComplete = { age: 86_400, count: 10_000, limit: 100 }
  const queue = new Queue(name, {
    connection: redis,
    streams: { events: { maxLen: streamLength } },
    defaultJobOptions: { attempts: 5, removeOnComplete },
  })
  try {
    const data = {
      workspaceId: 'ws_01234567890123456789012345',
      correlationId: 'bench',
      version: 1,
      input: { leadId: 'lead_bench' },
    }
    for (let done = 0; done < jobs; done += 500)
      await queue.addBulk(Array.from({ length: 500 }, () => ({ name: jobName, data })))
    const start = Date.now()
    const worker = await startChild('bench/support/bare-worker.ts', {
      args: [name, 'nothing', String(concurrency)],
    })
    const cpu = watchCpu({ 'bare worker': worker.pid })
    while ((await queue.getJobCountByTypes('waiting', 'active')) > 0) await sleep(50)
    remark(showCpu([cpu()], jobs))
    const completions = await completionsAfter(redis, queue.toKey('events'), start)
    await worker.stop()
    return rateOf(completions)
  } finally {
    await queue.close()
    redis.disconnect()
  }
}
