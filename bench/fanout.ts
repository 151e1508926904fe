import type { Child } from './support/child.ts'
import { collectDelays, type Delays, type LiveFeed, subscribeFloor, subscribeOurs } from './support/live.ts'
import { percentile, remark, report } from './support/report.ts'
import { createSystem } from './support/system.ts'

/**
 * 2,000 subscriptions on one API process, each for a job of its own (40 sockets × 50): what one costs in memory, and how
 * long a report takes to its subscriber when all jobs report as fast as a worker can run them.
 */

const subscriptions = 2_000
const concurrency = 50

const ours = await runOurs()
const floor = await deliver(...(await feedFloor()))
report('fanout', 'bytes_per_subscription', ours.bytes)
report('fanout', 'delivery_p50_ms', percentile(ours.delays, 0.5), {
  name: 'QueueEvents + ws',
  value: percentile(floor, 0.5),
})
report('fanout', 'delivery_p99_ms', percentile(ours.delays, 0.99), {
  name: 'QueueEvents + ws',
  value: percentile(floor, 0.99),
})

async function runOurs(): Promise<{ bytes: number; delays: number[] }> {
  const system = await createSystem()
  try {
    const api = await system.startApi(['--expose-gc', '--import', './bench/support/memory-probe.ts'])
    await system.startDispatcher()
    // A first set fills caches and pools, which are not a subscription's cost.
    await (await subscribeOurs(system, 200, () => undefined)).close()
    const before = await memoryOf(api)
    const collected = collectDelays(subscriptions)
    const feed = await subscribeOurs(system, subscriptions, collected.onReport)
    const after = await memoryOf(api)
    remark(
      `heap ${Math.round((after.heapUsed - before.heapUsed) / subscriptions)} bytes per subscription; RSS ${megabytes(before.rss)} → ${megabytes(after.rss)} MB`,
    )
    return { bytes: (after.rss - before.rss) / subscriptions, delays: await deliver(feed, collected) }
  } finally {
    await system.close()
  }
}

async function feedFloor(): Promise<[LiveFeed, Delays]> {
  const collected = collectDelays(subscriptions)
  return [await subscribeFloor(subscriptions, collected.onReport), collected]
}

async function deliver(feed: LiveFeed, { delays, all }: Delays): Promise<number[]> {
  const worker = await feed.startWorker('once', concurrency)
  await all()
  await worker.stop()
  await feed.close()
  return delays
}

function memoryOf(api: Child): Promise<NodeJS.MemoryUsage> {
  return api.ask<NodeJS.MemoryUsage>('memory')
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
