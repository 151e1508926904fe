import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, inject, test } from 'vitest'
import { createGate } from '../integrations/create-gate.ts'
import { createMailchimp } from '../integrations/mailchimp/mailchimp.ts'
import { connect } from '../queue/connection.ts'
import { createScripts } from '../queue/scripts.ts'
import { busiestSpan, startCountingServer } from './support/counting-server.ts'

const loader = new URL('./support/gate-load.ts', import.meta.url)

async function startLoad(args: readonly (string | number)[], child = fork(loader, args.map(String))) {
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

test('a fresh call passes the backlog of an import that another process works off at the same limit', async () => {
  const vendor = await startCountingServer(5)
  const [key, calls, rate] = ['t:gate:fresh-and-bulk', 5_000, 20]
  const account = [vendor.url, inject('redisUrl'), key, calls, 0, `${rate}/1s`, 60, '', 'BULK']
  const redis = connect(inject('redisUrl'), 'patient', () => undefined)
  const child = fork(loader, account.map(String))
  try {
    const run = await startLoad([], child)
    void run()
    await until(() => vendor.arrivals.length > rate)
    const gate = createGate({
      run: createScripts(redis),
      vendor: 'mailchimp',
      key: String(key),
      secret: 'load',
      limits: { connections: 0, rates: [{ requests: rate, ms: 1_000 }] },
      leaseMs: 10_000,
    })
    const mailchimp = createMailchimp({ baseUrl: vendor.url, apiKey: 'load-us1', listId: 'l', gate })
    for (let n = 0; n < 5; n++) {
      const before = vendor.arrivals.length
      await mailchimp.ping({ signal: AbortSignal.timeout(30_000), priority: 'NORMAL' })
      // Not even one second's allowance of the import came between.
      expect(vendor.arrivals.length - before).toBeLessThanOrEqual(rate)
    }
  } finally {
    child.kill('SIGKILL')
    redis.disconnect()
    await vendor.close()
  }
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
