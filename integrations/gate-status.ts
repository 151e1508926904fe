// What is known of an account, as its gate keeps it.

import type { RunScript } from './create-gate.ts'
import type { AccountStatus, Forced } from './gate.ts'
import { INSPECT } from './gate-scripts.ts'
import type { AccountLimits } from './limits.ts'

interface Parts {
  settings: { run: RunScript; limits: AccountLimits; forced?: Forced | undefined }
  keys: { state: string; calls: string; rates: string[] }
}

/** Reads an account's breaker, pauses and limits. */
export async function inspect({ settings, keys }: Parts): Promise<AccountStatus> {
  const seen = (await settings.run(INSPECT, [keys.state, keys.calls, ...keys.rates], [])) as (
    | string
    | number
  )[]
  const { connections, rates } = settings.limits
  const [now, calls] = [Number(seen[0]), Number(seen[1])]
  const fields = fieldsOf(seen.slice(2 + rates.length))
  const at = (name: string) => (fields[name] ? new Date(Number(fields[name])) : undefined)
  const forced = (fields.forced ?? settings.forced ?? 'NONE') as Forced
  return {
    ...waiting(fields, forced, now),
    forced,
    changedAt: at('changedAt'),
    lastSuccessAt: at('lastSuccessAt'),
    lastErrorAt: at('lastErrorAt'),
    lastError: fields.lastError,
    callsUnderWay: calls,
    connections,
    quotas: rates.map((rate, index) => ({ ...rate, used: Number(seen[2 + index]) })),
  }
}

/** Whether calls wait, why, and until when; the longest wait counts. */
function waiting(
  fields: Record<string, string>,
  forced: Forced,
  now: number,
): Pick<AccountStatus, 'breaker' | 'retryAt' | 'waitReason'> {
  const ms = (name: string) => Number(fields[name] ?? 0)
  const state = (fields.breaker ?? 'CLOSED') as 'CLOSED' | 'OPEN' | 'AUTH'
  const breaker = state !== 'CLOSED' && ms('retryAt') <= now ? 'HALF_OPEN' : state
  const until = (name: string) => (fields[name] ? new Date(ms(name)) : undefined)
  if (forced === 'OPEN') return { breaker, retryAt: undefined, waitReason: 'STOPPED_BY_OPERATOR' }
  if (state !== 'CLOSED' && forced !== 'CLOSED')
    return {
      breaker,
      retryAt: until('retryAt'),
      waitReason: state === 'AUTH' ? 'ACCOUNT_LOCKED' : 'BREAKER_OPEN',
    }
  if (ms('pausedUntil') > now) return { breaker, retryAt: until('pausedUntil'), waitReason: 'PAUSED' }
  if (ms('sendsRetryAt') > now && forced !== 'CLOSED')
    return { breaker, retryAt: until('sendsRetryAt'), waitReason: 'UNANSWERED' }
  return { breaker, retryAt: undefined, waitReason: undefined }
}

function fieldsOf(flat: (string | number)[]): Record<string, string> {
  const pairs = flat.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), String(flat[index + 1])]] : [],
  )
  return Object.fromEntries(pairs)
}
