// HubSpot CRM, date-versioned API (the /crm/v3 paths end in September 2027): contacts by e-mail address.

import { z } from 'zod'
import { type CallContext, type Caller, type CallSettings, createCaller } from '../client.ts'
import { HUBSPOT_RULES, hubspotProblem } from './errors.ts'

export interface HubspotSettings extends CallSettings {
  /** E.g. `https://api.hubapi.com`. */
  baseUrl: string
  /** A service key or another static token. */
  token: string
  /** E.g. `2026-09`; HubSpot supports each for 18 months. */
  apiVersion: string
}

interface UpsertContactInput {
  email: string
  /** All properties we own: an upsert by e-mail is not partial. An empty string clears. */
  properties: Record<string, string>
}

interface HubspotContact {
  contactId: string
  created: boolean
}

export interface Hubspot {
  ping(context: CallContext): Promise<void>
  upsertContact(input: UpsertContactInput, context: CallContext): Promise<HubspotContact>
}

const Upserted = z.object({ results: z.tuple([z.object({ id: z.string(), new: z.boolean().optional() })]) })

/** The verbs we use on one HubSpot portal. All of them are safe to repeat. */
export function createHubspot(settings: HubspotSettings): Hubspot {
  const call = createCaller({
    vendor: 'hubspot',
    baseUrl: settings.baseUrl,
    headers: { authorization: `Bearer ${settings.token}` },
    credential: settings.token,
    rules: HUBSPOT_RULES,
    problemOf: hubspotProblem,
    settings,
  })
  return {
    ping: (context) => ping(call, settings.apiVersion, context),
    upsertContact: (input, context) => upsertContact(call, settings.apiVersion, input, context),
  }
}

/** Reads the contacts' property definitions: no personal data, and the same permission the upsert needs. */
async function ping(call: Caller, version: string, context: CallContext): Promise<void> {
  const path = `/crm/properties/${version}/contacts`
  await call({ operation: 'ping', method: 'GET', path, repeatable: true, answer: z.object({}) }, context)
}

/** A batch of one by e-mail address: the only call that creates or updates without a race. */
async function upsertContact(
  call: Caller,
  version: string,
  { email, properties }: UpsertContactInput,
  context: CallContext,
): Promise<HubspotContact> {
  const { results } = await call(
    {
      operation: 'upsertContact',
      method: 'POST',
      path: `/crm/objects/${version}/contacts/batch/upsert`,
      body: { inputs: [{ id: email, idProperty: 'email', properties: { email, ...properties } }] },
      repeatable: true,
      answer: Upserted,
      personal: [email, ...Object.values(properties)],
    },
    context,
  )
  return { contactId: results[0].id, created: results[0].new ?? false }
}
