import { percentile } from './report.ts'

/** What a load did. */
export interface Loaded {
  perSecond: number
  count: number
  p50Ms: number
  p99Ms: number
}

/** So many clients that each wait for their answer before the next call, for so long. */
export async function load(
  clients: number,
  seconds: number,
  call: (client: number) => Promise<unknown>,
): Promise<Loaded> {
  const waits: number[] = []
  const startedAt = performance.now()
  const until = startedAt + seconds * 1_000
  async function client(index: number): Promise<void> {
    for (let sentAt = performance.now(); sentAt < until; ) {
      await call(index)
      const now = performance.now()
      waits.push(now - sentAt)
      sentAt = now
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  const tookMs = performance.now() - startedAt
  return {
    perSecond: (waits.length / tookMs) * 1_000,
    count: waits.length,
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
  }
}
