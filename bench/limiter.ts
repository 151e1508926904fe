import { busiestSpan, startCountingServer } from '../test/support/counting-server.ts'
import { startChild } from './support/child.ts'
import { median, remark, report } from './support/report.ts'
import { services } from './support/services.ts'

/**
 * How much of a vendor's allowance two processes get through together, without ever going over it. The peer is the
 * allowance itself: requests per second, or what the connections can carry at the vendor's answer time.
 */

const rounds = 3
const latencyMs = 50

interface Case {
  metric: string
  connections: number
  rates: string
  /** Requests per second that are allowed. */
  allowance: number
  calls: number
}

const cases: Case[] = [
  { metric: 'requests_per_second', connections: 10, rates: '50/1s', allowance: 50, calls: 500 },
  { metric: 'connections', connections: 10, rates: '', allowance: (10 * 1_000) / latencyMs, calls: 2_000 },
]

for (const one of cases) {
  const rates: number[] = []
  for (let round = 1; round <= rounds; round++) rates.push(await measure(one, round))
  report('limiter', `${one.metric}_vs_allowance`, median(rates), { name: 'allowance', value: one.allowance })
}

async function measure(
  { metric, connections, rates, calls, allowance }: Case,
  round: number,
): Promise<number> {
  const vendor = await startCountingServer(latencyMs)
  const key = `bench:gate:${metric}:${process.pid}:${round}`
  const args = [vendor.url, services.redisUrl, key, calls / 2, connections, rates].map(String)
  const processes = await Promise.all([1, 2].map(() => startChild('test/support/gate-load.ts', { args })))
  await Promise.all(processes.map((child) => child.ask('go')))
  await Promise.all(processes.map((child) => child.stop()))
  const { arrivals, highest } = vendor
  await vendor.close()
  const rate = perSecond(arrivals, allowance)
  const busiest = rates === '' ? '' : `, ${busiestSpan(arrivals, 1_000)} in the busiest second`
  remark(
    `${metric} round ${round}: ${rate.toFixed(1)}/s of ${allowance}/s, ${highest.underWay} at once${busiest}`,
  )
  return rate
}

/** Steady rate: the first second's worth comes at once, so it is not counted. */
function perSecond(arrivals: readonly number[], allowance: number): number {
  const steady = arrivals.slice(allowance)
  return ((steady.length - 1) * 1_000) / (steady.at(-1)! - steady[0]!)
}
