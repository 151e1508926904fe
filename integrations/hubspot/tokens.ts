// Access tokens of a HubSpot OAuth app. They live half an hour; the refresh token lives until the app is uninstalled.

import { z } from 'zod'
import { type CallSettings, createCaller } from '../client.ts'
import { createTokenSource, type OAuthToken, type TokenParts, type TokenSource } from '../oauth.ts'
import { TOKEN_RULES, tokenProblem } from './errors.ts'

export interface HubspotTokenSettings extends CallSettings, Omit<TokenParts, 'refresh'> {
  /** E.g. `https://api.hubapi.com`. */
  baseUrl: string
  /** E.g. `2026-09`. */
  apiVersion: string
  clientId: string
  clientSecret: string
  /** From connecting the account; used until a token is stored. */
  refreshToken: string
}

const Granted = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  /** Seconds. */
  expires_in: z.number().positive(),
})

/** Milliseconds to wait for the token service. */
const TIMEOUT_MS = 10_000

/** The tokens of one connected account. Hand it to `createHubspot` as `token`. */
export function createHubspotTokens(settings: HubspotTokenSettings): TokenSource {
  return createTokenSource({ ...settings, refresh: (known, signal) => refresh(settings, known, signal) })
}

/** HubSpot gives the same refresh token back, so that repeating it does no harm. */
async function refresh(
  settings: HubspotTokenSettings,
  known: OAuthToken | undefined,
  signal: AbortSignal,
): Promise<OAuthToken> {
  const { clientId, clientSecret, baseUrl } = settings
  const refreshToken = known?.refreshToken ?? settings.refreshToken
  const call = createCaller({
    vendor: 'hubspot',
    baseUrl,
    headers: {},
    credential: clientSecret,
    rules: TOKEN_RULES,
    problemOf: tokenProblem,
    settings: { timeoutMs: TIMEOUT_MS, gate: settings.gate, onCall: settings.onCall },
  })
  const form = { grant_type: 'refresh_token', client_id: clientId, client_secret: clientSecret }
  const obtainedAt = new Date((settings.now ?? Date.now)())
  const granted = await call(
    {
      operation: 'refreshToken',
      method: 'POST',
      path: `/oauth/${settings.apiVersion}/token`,
      body: new URLSearchParams({ ...form, refresh_token: refreshToken }),
      repeatable: true,
      answer: Granted,
      personal: [refreshToken],
    },
    { signal },
  )
  return {
    accessToken: granted.access_token,
    refreshToken: granted.refresh_token ?? refreshToken,
    obtainedAt,
    expiresAt: new Date(obtainedAt.getTime() + granted.expires_in * 1_000),
  }
}
