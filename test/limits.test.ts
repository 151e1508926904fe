import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, inject, test } from 'vitest'
import { busiestSpan, startCountingServer } from './support/counting-server.ts'

const loader = new URL('./support/gate-load.ts', import.meta.url)

async function startLoad(args: readonly (string | number)[]) {
  const child = fork(loader, args.map(String))
  const ended = once(child, 'exit')
  await once(child, 'message')
  return async () => {
    const done = once(child, 'message')
    child.send('go')
    await done
    child.disconnect()
    await ended
  }
}

test('two worker processes together keep to ten connections and the rate of the account, and all calls get through', async () => {
  const vendor = await startCountingServer(20)
  const account = [vendor.url, inject('redisUrl'), 't:gate:two-processes', 60, 10, '40/1s'] as const
  try {
    const processes = await Promise.all([startLoad(account), startLoad(account)])
    await Promise.all(processes.map((run) => run()))
    expect(vendor.arrivals).toHaveLength(120)
    expect(busiestSpan(vendor.arrivals, 1_000)).toBeLessThanOrEqual(40)
    expect(vendor.highest.underWay).toBeLessThanOrEqual(10)
    expect(vendor.highest.connections).toBeLessThanOrEqual(10)
  } finally {
    await vendor.close()
  }
})
