import type { Reply } from './exchange.ts'
import { figuresOf } from './figures.ts'
import { rateLimited } from './hubspot.errors.ts'
import { createConnections, createRate } from './limits.ts'
import type { Settings } from './settings.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** The account's limits of calls (integrations.md 6.4), and what every answer says about them. */
export function createHubSpotLimits(settings: Settings) {
  const perSecond = createRate(1000)
  const perTenSeconds = createRate(10_000)
  const searches = createRate(1000)
  const connections = createConnections()
  let day = 0
  let today = 0

  function countToday(): number {
    const now = Math.floor(Date.now() / DAY_MS)
    today = now === day ? today + 1 : 1
    day = now
    return today
  }

  return {
    /** Counts a call: the refusal, if it is one too many, and the headers of its answer. */
    arrive(account: string): { refusal: Reply | undefined; headers: Record<string, string> } {
      const { hubspotPerSecond, hubspotPerTenSeconds, hubspotPerDay } = settings
      const tenSeconds = perTenSeconds.arrive(account, hubspotPerTenSeconds)
      const second = perSecond.arrive(account, hubspotPerSecond)
      const used = countToday()
      const left = (max: number, count: number) => String(Math.max(0, max - count))
      const headers = {
        'x-hubspot-ratelimit-max': String(hubspotPerTenSeconds),
        'x-hubspot-ratelimit-remaining': left(hubspotPerTenSeconds, tenSeconds.arrived),
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-daily': String(hubspotPerDay),
        'x-hubspot-ratelimit-daily-remaining': left(hubspotPerDay, used),
      }
      const secondly = {
        'x-hubspot-ratelimit-secondly': String(hubspotPerSecond),
        'x-hubspot-ratelimit-secondly-remaining': left(hubspotPerSecond, second.arrived),
      }
      const policy = !tenSeconds.allowed
        ? 'TEN_SECONDLY_ROLLING'
        : !second.allowed
          ? 'SECONDLY'
          : hubspotPerDay > 0 && used > hubspotPerDay
            ? 'DAILY'
            : undefined
      const all = hubspotPerSecond > 0 ? { ...headers, ...secondly } : headers
      return { refusal: policy && rateLimited(policy), headers: all }
    },
    maySearch: () => searches.arrive('account', settings.hubspotSearchesPerSecond).allowed,
    /** There is no limit of calls in flight; they are counted. */
    enter: (account: string) => connections.enter(account, 0) ?? (() => {}),
    figures: () => figuresOf({ connections, perSecond, perTenSeconds, searchesPerSecond: searches }),
  }
}
