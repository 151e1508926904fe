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
  const perDay = createDays()

  return {
    /** Counts a call: the refusal, if it is one too many, and the headers of its answer. */
    arrive(account: string): { refusal: Reply | undefined; headers: Record<string, string> } {
      const { hubspotPerSecond, hubspotPerTenSeconds, hubspotPerDay } = settings
      const tenSeconds = perTenSeconds.arrive(account, hubspotPerTenSeconds)
      const second = perSecond.arrive(account, hubspotPerSecond)
      const day = perDay.arrive(hubspotPerDay)
      const left = (max: number, count: number) => String(Math.max(0, max - count))
      const headers = {
        'x-hubspot-ratelimit-max': String(hubspotPerTenSeconds),
        'x-hubspot-ratelimit-remaining': left(hubspotPerTenSeconds, tenSeconds.arrived),
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-daily': String(hubspotPerDay),
        'x-hubspot-ratelimit-daily-remaining': left(hubspotPerDay, day.arrived),
      }
      const secondly = {
        'x-hubspot-ratelimit-secondly': String(hubspotPerSecond),
        'x-hubspot-ratelimit-secondly-remaining': left(hubspotPerSecond, second.arrived),
      }
      const policy = !tenSeconds.allowed
        ? 'TEN_SECONDLY_ROLLING'
        : !second.allowed
          ? 'SECONDLY'
          : !day.allowed
            ? 'DAILY'
            : undefined
      const all = hubspotPerSecond > 0 ? { ...headers, ...secondly } : headers
      return { refusal: policy && rateLimited(policy), headers: all }
    },
    maySearch: () => searches.arrive('account', settings.hubspotSearchesPerSecond).allowed,
    /** There is no limit of calls in flight; they are counted. */
    enter: (account: string) => connections.enter(account, 0) ?? (() => {}),
    figures: () => figuresOf({ connections, perSecond, perTenSeconds, perDay, searchesPerSecond: searches }),
  }
}

/** Counts the calls of a day, which ends at midnight UTC. */
function createDays() {
  let day = 0
  let today = 0
  let highest = 0
  let refused = 0
  return {
    arrive(max: number) {
      const now = Math.floor(Date.now() / DAY_MS)
      today = now === day ? today + 1 : 1
      day = now
      highest = Math.max(highest, today)
      const allowed = max === 0 || today <= max
      if (!allowed) refused += 1
      return { allowed, arrived: today }
    },
    highest: () => highest,
    refused: () => refused,
  }
}
