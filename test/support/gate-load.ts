// One process that calls a vendor as fast as the account's gate lets it. Arguments: vendor URL, Redis URL, key of the
// account, number of calls, connections, rates, lanes (so many calls at once; default: all), `bare` for no gate at all, and
// the calls' priority.
// Says `ready`, begins at the first message, answers how often it was sent away.
import { createGate } from '../../integrations/create-gate.ts'
import type { CallPriority } from '../../integrations/gate.ts'
import { parseRates } from '../../integrations/limits.ts'
import { createMailchimp } from '../../integrations/mailchimp/mailchimp.ts'
import { connect } from '../../queue/connection.ts'
import { createScripts } from '../../queue/scripts.ts'

const [
  baseUrl = '',
  redisUrl = '',
  key = '',
  calls = '0',
  connections = '0',
  rates = '',
  lanes = '',
  bare = '',
  priority = 'NORMAL',
] = process.argv.slice(2)
const redis = connect(redisUrl, 'patient', () => undefined)
const gate = createGate({
  run: createScripts(redis),
  vendor: 'mailchimp',
  key,
  secret: 'load',
  limits: { connections: Number(connections), rates: parseRates(rates) ?? [] },
  leaseMs: 10_000,
})
const mailchimp = createMailchimp({ baseUrl, apiKey: 'load-us1', listId: 'l', ...(bare === '' && { gate }) })

/** As a job does: sent away, it comes back when it was told to. */
async function callUntilDone(): Promise<number> {
  for (let away = 0; ; away++) {
    try {
      await mailchimp.ping({ signal: AbortSignal.timeout(60_000), priority: priority as CallPriority })
      return away
    } catch (error) {
      const { errorClass, retryAfterMs = 100 } = error as { errorClass?: string; retryAfterMs?: number }
      if (errorClass !== 'THROTTLED') throw error
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
    }
  }
}

process.once('message', async () => {
  let left = Number(calls)
  const lane = async () => {
    let away = 0
    while (left-- > 0) away += await callUntilDone()
    return away
  }
  const away = await Promise.all(Array.from({ length: Number(lanes || calls) }, lane))
  process.send?.(away.reduce((sum, times) => sum + times, 0))
  redis.disconnect()
})
process.send?.('ready')
