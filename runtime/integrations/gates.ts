import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { createGate, type RunScript } from '../../integrations/create-gate.ts'
import type { Vendor } from '../../integrations/errors.ts'
import type { BreakerChange, Gate } from '../../integrations/gate.ts'
import { type AccountLimits, parseRates } from '../../integrations/limits.ts'
import type { Config } from '../config.ts'
import type { AccountSource } from './sources.ts'

/** Longer than any call may take, media included. */
const leaseMs = 90_000

/** What each vendor allows one account; the numbers that depend on the plan are settings. */
function limitsOf(config: Config): Record<Vendor, AccountLimits> {
  const rates = (text: string) => ({ connections: 0, rates: parseRates(text) ?? [] })
  return {
    mailchimp: {
      connections: config.MAILCHIMP_CONNECTIONS,
      rates: parseRates(config.MAILCHIMP_REQUESTS) ?? [],
    },
    mandrill: rates(config.MANDRILL_REQUESTS),
    smtp: { connections: 5, rates: [] },
    // One message in 6 s to one person, 45 of which may come early.
    whatsapp: { ...rates(config.WHATSAPP_REQUESTS), perRecipient: { everyMs: 6_000, burst: 45 } },
    hubspot: rates(config.HUBSPOT_REQUESTS),
    twenty: rates(config.TWENTY_REQUESTS),
  }
}

/**
 * The gate of an account. Its key follows from the credential, because that is what vendors count by: two workspaces that
 * share an account share its limits.
 * @param probe asks the vendor something harmless
 */
export function gateOf(
  { config, run, log }: { config: Config; run: RunScript; log: Logger },
  source: AccountSource,
  probe: (signal: AbortSignal) => Promise<unknown>,
): Gate {
  const { vendor, credentials, forced } = source
  const secret = JSON.stringify([vendor, identityOf(credentials)])
  const fingerprint = createHash('sha256').update(secret).digest('hex').slice(0, 16)
  return createGate({
    run,
    vendor,
    key: `${config.REDIS_PREFIX}:gate:${vendor}:${fingerprint}`,
    secret,
    limits: limitsOf(config)[vendor],
    leaseMs,
    probe,
    forced: forced ?? undefined,
    onChange: (change) => tell(log, source, change),
    onError: (error) => log.warn({ err: error, vendor }, 'Redis was not told how a call to a vendor ended'),
  })
}

/** What the vendor knows the account by; webhook secrets are no part of it. */
function identityOf({ apiKey, token, url, refreshToken }: Record<string, string | undefined>) {
  return [apiKey, token, url, refreshToken]
}

const messages: Record<BreakerChange['change'], string> = {
  OPENED: 'A vendor is down; work for it waits',
  AUTH: 'A vendor does not let the account in; work for it waits until its credentials are replaced',
  CLOSED: 'A vendor is back',
}

/** One line per change, over all processes: what alerts are made from. */
function tell(log: Logger, { workspaceId, vendor }: AccountSource, { change, code }: BreakerChange): void {
  const level = change === 'AUTH' ? 'error' : change === 'OPENED' ? 'warn' : 'info'
  log[level]({ alert: change !== 'CLOSED', workspaceId, vendor, code }, messages[change])
}
