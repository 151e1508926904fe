// Access tokens that run out and are renewed with a refresh token. The token is shared by all processes: whoever renews
// holds the lock, and looks again after getting it, so that two never renew at the same time.

import { VendorError } from './errors.ts'

export interface OAuthToken {
  accessToken: string
  /** Needed for the next renewal: some vendors give a new one each time. */
  refreshToken: string
  obtainedAt: Date
  expiresAt: Date
}

export interface TokenParts {
  /** The token of the account as last stored; undefined before the first renewal. */
  read(): Promise<OAuthToken | undefined>
  store(token: OAuthToken): Promise<void>
  /** Runs the work while no other process does; one lock per account. */
  lock<T>(work: () => Promise<T>): Promise<T>
  /** Asks the vendor. `known` is what was stored last. @throws VendorError */
  refresh(known: OAuthToken | undefined, signal: AbortSignal): Promise<OAuthToken>
  /** Milliseconds since 1970; default: the clock. */
  now?: (() => number) | undefined
}

export interface TokenSource {
  /** An access token that is good for a while; renewed ahead of its end. @throws VendorError */
  current(signal: AbortSignal): Promise<string>
  /** Another token in place of one that the vendor refused as expired. @throws VendorError */
  renew(refused: string, signal: AbortSignal): Promise<string>
}

/** Renewed this far into its life, so that a slow renewal finds the old token still good. */
const RENEW_AT = 0.8

/** One account's tokens. It holds no state: a token that another process renewed is used at the next call. */
export function createTokenSource(parts: TokenParts): TokenSource {
  const now = parts.now ?? Date.now
  return {
    async current(signal) {
      const known = await parts.read()
      if (known && isFresh(known, now())) return known.accessToken
      return parts.lock(() => renewed(parts, now, signal))
    },
    renew: (refused, signal) =>
      parts.lock(async () => {
        const known = await parts.read()
        if (known && known.accessToken !== refused) return known.accessToken
        return replaced(parts, known, signal)
      }),
  }
}

/** Under the lock: somebody else may have renewed it while we waited. */
async function renewed(parts: TokenParts, now: () => number, signal: AbortSignal): Promise<string> {
  const known = await parts.read()
  if (known && isFresh(known, now())) return known.accessToken
  try {
    return await replaced(parts, known, signal)
  } catch (error) {
    // The vendor's token service is away, but the old token has a fifth of its life left.
    if (known && now() < known.expiresAt.getTime() && isPassing(error)) return known.accessToken
    throw error
  }
}

async function replaced(
  parts: TokenParts,
  known: OAuthToken | undefined,
  signal: AbortSignal,
): Promise<string> {
  const token = await parts.refresh(known, signal)
  await parts.store(token)
  return token.accessToken
}

function isFresh({ obtainedAt, expiresAt }: OAuthToken, now: number): boolean {
  const life = expiresAt.getTime() - obtainedAt.getTime()
  return now < obtainedAt.getTime() + life * RENEW_AT
}

function isPassing(error: unknown): boolean {
  return error instanceof VendorError && ['TRANSIENT', 'THROTTLED'].includes(error.errorClass)
}
