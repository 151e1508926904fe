import { collectDelays, type LiveFeed, type OnReport, subscribeFloor, subscribeOurs } from './support/live.ts'
import { pace } from './support/pace.ts'
import { median, percentile, remark, report } from './support/report.ts'
import { createSystem } from './support/system.ts'

/**
 * From a worker's progress call to the client of a subscription, at 200 reports a second: through the real API (graphql-ws,
 * one subscription per job) with everything running, and against the floor, QueueEvents relayed by bare `ws`.
 */

const rounds = 3
const expected = pace.jobs * pace.reports
/** Reports that are not counted, at the start of a round. */
const warmUp = expected / 5

interface Round {
  p50: number
  p99: number
}

const ours: Round[] = []
const floor: Round[] = []
for (let round = 1; round <= rounds; round++) {
  ours.push(await runOurs())
  floor.push(await measure((onReport) => subscribeFloor(pace.jobs, onReport)))
  remark(`round ${round}: ours ${show(ours.at(-1)!)}; floor ${show(floor.at(-1)!)}`)
}
for (const metric of ['p50', 'p99'] as const)
  report('latency', `${metric}_vs_floor`, middle(ours, metric), {
    name: 'QueueEvents + ws',
    value: middle(floor, metric),
  })

async function runOurs(): Promise<Round> {
  const system = await createSystem()
  try {
    await system.startApi()
    await system.startDispatcher()
    return await measure((onReport) => subscribeOurs(system, pace.jobs, onReport))
  } finally {
    await system.close()
  }
}

async function measure(subscribe: (onReport: OnReport) => Promise<LiveFeed>): Promise<Round> {
  const { onReport, delays, all } = collectDelays(expected)
  const feed = await subscribe(onReport)
  const worker = await feed.startWorker('steadily', pace.jobs)
  await all()
  await worker.stop()
  await feed.close()
  const counted = delays.slice(warmUp)
  return { p50: percentile(counted, 0.5), p99: percentile(counted, 0.99) }
}

function middle(results: Round[], metric: keyof Round): number {
  return median(results.map((result) => result[metric]))
}

function show({ p50, p99 }: Round): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
}
