// One HubSpot portal as its verbs see it: how to call it, and what is called what there.

import { type CallContext, type Caller, type CallSettings, createCaller } from '../client.ts'
import type { CrmMapping } from '../crm.ts'
import { VendorError } from '../errors.ts'
import type { TokenSource } from '../oauth.ts'
import { HUBSPOT_RULES, hubspotProblem, RENEWABLE_RULES, unlessExisting } from './errors.ts'

export interface HubspotSettings extends CallSettings {
  /** E.g. `https://api.hubapi.com`. */
  baseUrl: string
  /** A service key or another static token; or the source of an OAuth app's tokens, see `createHubspotTokens`. */
  token: string | TokenSource
  /** E.g. `2026-09`; HubSpot supports each for 18 months. */
  apiVersion: string
  /** Our fields and HubSpot's property names; default: the properties every portal has. */
  mapping?: CrmMapping | undefined
  /** How old a change must be to be read by `changedSince`, in milliseconds; default 60,000: the search lags behind. */
  settleMs?: number | undefined
}

/**
 * Properties every portal has. `locale` is missing: `hs_language` is a list of HubSpot's own codes, which not every locale
 * is on; and `source`, for which HubSpot has only properties it fills in itself.
 */
export const HUBSPOT_MAPPING: CrmMapping = {
  firstName: 'firstname',
  lastName: 'lastname',
  phone: 'phone',
  company: 'company',
  stage: 'lifecyclestage',
}

export interface Portal {
  call: Caller
  /** Like `call`, but a conflict that names the existing record is an answer. */
  create: Caller
  version: string
  mapping: CrmMapping
  settleMs: number
}

export function createPortal(settings: HubspotSettings): Portal {
  return {
    call: createHubspotCaller(settings, hubspotProblem),
    create: createHubspotCaller(settings, unlessExisting),
    version: settings.apiVersion,
    mapping: settings.mapping ?? HUBSPOT_MAPPING,
    settleMs: settings.settleMs ?? 60_000,
  }
}

type ProblemOf = Parameters<typeof createCaller>[0]['problemOf']

function createHubspotCaller(settings: HubspotSettings, problemOf: ProblemOf): Caller {
  const { baseUrl, token } = settings
  const withToken = (credential: string, rules = HUBSPOT_RULES) => {
    const headers = { authorization: `Bearer ${credential}` }
    return createCaller({ vendor: 'hubspot', baseUrl, headers, credential, rules, problemOf, settings })
  }
  return typeof token === 'string' ? withToken(token) : renewing(token, withToken)
}

/**
 * Renews a token that HubSpot calls expired before its time, once, and repeats the call, once. A 401 is said before
 * anything is done, so this is safe even for a call that must not be repeated.
 */
function renewing(
  tokens: TokenSource,
  withToken: (token: string, rules?: typeof HUBSPOT_RULES) => Caller,
): Caller {
  return async (request, context: CallContext) => {
    const token = await tokens.current(context.signal)
    try {
      return await withToken(token, RENEWABLE_RULES)(request, context)
    } catch (error) {
      if (!isExpired(error)) throw error
      return withToken(await tokens.renew(token, context.signal))(request, context)
    }
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof VendorError && error.status === 401 && error.code === 'EXPIRED_AUTHENTICATION'
}
