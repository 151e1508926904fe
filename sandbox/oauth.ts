/** HubSpot's token service: codes and refresh tokens for access tokens that expire (integrations.md 6.2). */
import { randomBytes, randomUUID } from 'node:crypto'
import { type Call, Refusal, type Reply } from './exchange.ts'
import type { Settings } from './settings.ts'

type Grant = 'authorization_code' | 'refresh_token'

const fields: Record<Grant, string[]> = {
  authorization_code: ['redirect_uri', 'code'],
  refresh_token: ['refresh_token'],
}

/**
 * Takes any client whose id and secret do not start with `bad`, codes that `authorize` gave or that start with `code-`
 * (each once), and refresh tokens that it gave or that start with `refresh-`; `refresh-dead…` and `refresh-gone…` are dead.
 */
export function createOAuth(settings: Settings) {
  const usedCodes = new Set<string>()
  const revoked = new Set<string>()
  /** Access tokens, and when they end. */
  const accessTokens = new Map<string, number>()
  let isRevoked = false
  let exchanges = 0
  let refreshes = 0

  function refreshTokenFor(code: string): string {
    if (!/^code-[\w-]+$/.test(code) || usedCodes.has(code)) {
      refuse('BAD_AUTH_CODE', 'missing or unknown auth code')
    }
    usedCodes.add(code)
    exchanges += 1
    return `refresh-${randomBytes(12).toString('hex')}`
  }

  function checkRefreshToken(token: string): string {
    if (token.startsWith('refresh-gone')) {
      const body = {
        error: 'invalid_grant',
        error_description: 'refresh token is invalid, expired or revoked',
      }
      throw new Refusal({ status: 400, body })
    }
    if (isRevoked || revoked.has(token) || !/^refresh-(?!dead)[\w-]+$/.test(token)) {
      refuse('BAD_REFRESH_TOKEN', 'missing or invalid refresh token')
    }
    refreshes += 1
    return token
  }

  function grant(form: URLSearchParams): Reply {
    const type = grantIn(form)
    const refresh_token =
      type === 'refresh_token'
        ? checkRefreshToken(form.get('refresh_token') ?? '')
        : refreshTokenFor(form.get('code') ?? '')
    const expires_in = settings.hubspotTokenSeconds
    const access_token = `oat-${randomBytes(18).toString('hex')}`
    accessTokens.set(access_token, Date.now() + expires_in * 1000)
    return { status: 200, body: { access_token, refresh_token, expires_in, token_type: 'bearer' } }
  }

  return {
    token: (call: Call): Reply => grant(formOf(call)),
    revoke(call: Call): Reply {
      revoked.add(formOf(call).get('token') ?? '')
      return { status: 204 }
    },
    /** Sends the person back with a code, as if they had agreed. */
    authorize({ query }: Call): Reply {
      const back = query.get('redirect_uri')
      if (!query.get('client_id') || !back) refuse('error', 'client_id and redirect_uri are required')
      const url = new URL(back ?? '')
      url.searchParams.set('code', `code-${randomBytes(8).toString('hex')}`)
      const state = query.get('state')
      if (state !== null) url.searchParams.set('state', state)
      return { status: 302, headers: { location: url.href } }
    },
    /** Milliseconds an access token has left, below 0 when it has ended; undefined = not one of ours. */
    leftMs(token: string): number | undefined {
      const end = isRevoked ? undefined : accessTokens.get(token)
      return end === undefined ? undefined : end - Date.now()
    },
    /** The app is uninstalled: every token is dead. */
    uninstall(): void {
      isRevoked = true
    },
    state: () => ({ exchanges, refreshes, accessTokens: accessTokens.size }),
  }
}

function refuse(status: string, message: string): never {
  throw new Refusal({ status: 400, body: { status, message, correlationId: randomUUID() } })
}

function formOf(call: Call): URLSearchParams {
  if (!call.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    throw new Refusal({ status: 415, body: { message: 'Unsupported Media Type' } })
  }
  return new URLSearchParams(call.body)
}

/** The kind of grant, once the client is known and every field of it is there, and no other. */
function grantIn(form: URLSearchParams): Grant {
  const type = form.get('grant_type') ?? ''
  if (type !== 'authorization_code' && type !== 'refresh_token') {
    refuse('error', 'missing or unknown grant_type')
  }
  const needed = ['grant_type', 'client_id', 'client_secret', ...fields[type]]
  const missing = needed.find((name) => !form.get(name))
  if (missing) refuse('error', `missing ${missing}`)
  const unknown = [...form.keys()].find((name) => !needed.includes(name))
  if (unknown) refuse('error', `unknown field ${unknown}`)
  if (form.get('client_id')?.startsWith('bad')) refuse('BAD_CLIENT_ID', 'missing or unknown client id')
  if (form.get('client_secret')?.startsWith('bad')) {
    refuse('BAD_CLIENT_SECRET', 'missing or invalid client secret')
  }
  return type
}
