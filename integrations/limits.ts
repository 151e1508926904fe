// Limits are data: what one account may do at once and in a time, as its vendor says.

/** At most `requests` in any span of `ms`. */
export interface RateLimit {
  requests: number
  ms: number
}

export interface AccountLimits {
  /** Requests under way at the same time; 0: as many as we like. */
  connections: number
  rates: readonly RateLimit[]
  /** Messages to one person: one per `everyMs`, of which `burst` may come early. */
  perRecipient?: { everyMs: number; burst: number } | undefined
}

const FORM = /^([1-9]\d{0,6})\/([1-9]\d{0,5})(ms|s|m|h)$/
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * Reads rates such as `10/1s, 100/10s`: so many requests in any such span. An empty text is no limit.
 * @returns the rates, or undefined when the text has another form
 */
export function parseRates(text: string): RateLimit[] | undefined {
  const parts = text.split(',').map((part) => part.trim())
  const rates = parts.filter(Boolean).map((part) => FORM.exec(part))
  if (rates.some((match) => match === null)) return undefined
  return rates.map((match) => {
    const [, requests, count, unit] = match!
    return { requests: Number(requests), ms: Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] }
  })
}
