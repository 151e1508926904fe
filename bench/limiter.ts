import { busiestSpan, startCountingServer } from '../test/support/counting-server.ts'
import { startChild } from './support/child.ts'
import { median, remark, report } from './support/report.ts'
import { services } from './support/services.ts'

/**
 * What two processes get through together. Of a rate: against the allowance itself, which they must never go over. Of ten
 * connections: against the same client with ten calls at once and no gate, because connecting and answering take their time.
 */

const rounds = 3
const latencyMs = 50
const allowance = 50
const rateCalls = 500
const connectionCalls = 2_000

const shared: number[] = []
const gated: number[] = []
const bare: number[] = []
for (let round = 1; round <= rounds; round++) {
  const rate = await measure(`rate, round ${round}`, [rateCalls / 2, 10, `${allowance}/1s`])
  // What the first second allows comes at once, so it is not counted.
  shared.push(perSecond(rate.slice(allowance)))
  gated.push(perSecond(await measure(`connections, round ${round}`, [connectionCalls / 2, 10, ''])))
  bare.push(perSecond(await measure(`no gate, round ${round}`, [connectionCalls / 2, 0, '', 5, 'bare'])))
}
report('limiter', 'rate_vs_allowance', median(shared), { name: 'allowance', value: allowance })
report('limiter', 'connections_vs_bare', median(gated), { name: 'no gate', value: median(bare) })

/** When the vendor got each request, in ms. */
async function measure(name: string, load: (string | number)[]): Promise<readonly number[]> {
  const vendor = await startCountingServer(latencyMs)
  const key = `bench:gate:${process.pid}:${name}`
  const args = [vendor.url, services.redisUrl, key, ...load].map(String)
  const processes = await Promise.all([1, 2].map(() => startChild('test/support/gate-load.ts', { args })))
  await Promise.all(processes.map((child) => child.ask('go')))
  await Promise.all(processes.map((child) => child.stop()))
  const { arrivals, highest } = vendor
  await vendor.close()
  const busiest = busiestSpan(arrivals, 1_000)
  remark(
    `${name}: ${perSecond(arrivals).toFixed(1)}/s, ${highest.underWay} at once, ${busiest} in the busiest second`,
  )
  return arrivals
}

function perSecond(arrivals: readonly number[]): number {
  return ((arrivals.length - 1) * 1_000) / (arrivals.at(-1)! - arrivals[0]!)
}
