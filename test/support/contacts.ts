import { setTimeout as sleep } from 'node:timers/promises'
import { createServices } from '../../runtime/services.ts'
import { webhookAccounts } from '../../runtime/webhook-accounts.ts'
import { startSandbox } from '../../sandbox/server.ts'
import type { Settings } from '../../sandbox/settings.ts'
import { webhookRoutes } from '../../server/webhooks/routes.ts'
import { campaignSync } from '../../workers/campaign.sync.ts'
import { contactSync } from '../../workers/contact.sync.ts'
import { leadCreated } from '../../workers/lead.created.ts'
import { leadErase } from '../../workers/lead.erase.ts'
import { messageResolve } from '../../workers/message.resolve.ts'
import { webhookReceive } from '../../workers/webhook.receive.ts'
import { type Api, startApi } from './api.ts'
import { signed } from './webhooks.ts'

/** For tests: leads, the vendors that keep contacts as the sandbox plays them, and everything between, in this process. */

const secret = 'a-webhook-secret'
const list = 'a6b5da1054'

interface Member {
  email_address: string
  status: string
  merge_fields: Record<string, string>
  tags: string[]
}

interface CrmContact {
  id: string
  properties: Record<string, string>
}

interface Request {
  method: string
  path: string
  status: number
}

export interface Contacts {
  api: Api
  /** Adds a lead by the API and waits for its job. @returns its id */
  create(input: Record<string, unknown>): Promise<string>
  /** Adds a lead by the API. @returns its id */
  begin(input: Record<string, unknown>): Promise<string>
  /** Adds leads by the API. */
  createLeads(
    leads: Record<string, unknown>[],
  ): Promise<{ items: { outcome: string; lead: { id: string } }[] }>
  update(id: string, patch: Record<string, unknown>): Promise<void>
  suppress(address: string, channel?: string): Promise<void>
  unsuppress(address: string): Promise<void>
  erase(id: string): Promise<void>
  /** What people do at a vendor. */
  act(vendor: string, type: string, more: Record<string, unknown>): Promise<void>
  /** A webhook of a vendor, signed. */
  report(vendor: 'mandrill' | 'whatsapp', body: string): Promise<void>
  /** Waits until nothing is under way about a lead: no job, no report, no webhook. */
  settle(id: string): Promise<void>
  members(): Promise<Member[]>
  contacts(): Promise<CrmContact[]>
  /** Calls to a vendor that write: method, path, status. Given a text, those whose path holds it. */
  writes(vendor: string, about?: string): Promise<string[]>
  timeline(id: string): Promise<{ type: string; detail: Record<string, unknown> }[]>
  lead(id: string): Promise<Record<string, unknown>>
  sandbox<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  close(): Promise<void>
}

export async function startContacts(
  overrides: Record<string, unknown> = {},
  settings: Partial<Settings> = {},
): Promise<Contacts> {
  const sandbox = await startSandbox({
    settings: { webhookDelayMs: 10, mailchimpLatencyMs: 0, hubspotIndexDelayMs: 0, ...settings },
  })
  const definitions = [leadCreated, contactSync, webhookReceive, messageResolve, leadErase, campaignSync]
  let routes: ReturnType<typeof webhookRoutes> = {}
  const api = await startApi(definitions, { ...configOf(sandbox.url), ...overrides } as never, {
    routes: { '/webhooks/': (request, response) => routes['/webhooks/']!(request, response) },
  })
  const { world, config, connections } = api
  const publicUrl = api.server.url
  const account = webhookAccounts({ ...config, WORKSPACE: 'test' }, world.fork, connections)
  routes = webhookRoutes({ log: world.log, ledger: world.ledger, account, publicUrl })
  const url = (vendor: string) => `${publicUrl}/webhooks/${vendor}`
  const control = <T>(method: string, path: string, body?: unknown) =>
    ask<T>(`${sandbox.url}/_sandbox${path}`, method, body)
  await control('PUT', '/webhooks', {
    mailchimp: { url: url('mailchimp'), secret },
    hubspot: { url: url('hubspot'), secret },
  })
  world.startDispatcher()
  world.startWorkers({ definitions, services: createServices(config, connections, world.fork) })

  const mutate = async (mutation: string, input: Record<string, unknown>) => {
    const name = mutation.charAt(0).toUpperCase() + mutation.slice(1)
    const query = `mutation ($input: ${name}Input!) { ${mutation}(input: $input) { __typename ... on Error { message } } }`
    const { data, errors } = await api.ask(query, { input })
    if (errors || data[mutation].__typename !== `${name}Payload`)
      throw new Error(`${mutation}: ${JSON.stringify(errors ?? data)}`)
  }
  const rows = <T extends object>(sql: string, values: unknown[] = []) =>
    world.fork().execute<T[]>(sql, values)
  const begin: Contacts['begin'] = async (input) => {
    const query = `mutation ($input: CreateLeadInput!) { createLead(input: $input) {
      ... on CreateLeadPayload { lead { id } } ... on Error { message } } }`
    const { data, errors } = await api.ask(query, { input })
    if (!data?.createLead.lead) throw new Error(`createLead: ${JSON.stringify(errors ?? data)}`)
    return data.createLead.lead.id
  }
  const isSettled = async (leadId: string) => {
    const [open] = await rows<{ jobs: number; reports: number }>(
      `select (select count(*) from job where lead_id = ? and state not in ('COMPLETED', 'DEAD', 'CANCELLED')) as jobs,
         (select count(*) from webhook_receipt where state = 'RECEIVED') as reports`,
      [leadId],
    )
    if (Number(open!.jobs) + Number(open!.reports) > 0) return false
    return (await control<{ pending: number }>('GET', '/webhooks')).pending === 0
  }
  const settle = async (leadId: string) => {
    for (const end = Date.now() + 60_000; !(await isSettled(leadId)); await sleep(100))
      if (Date.now() > end) throw new Error(`Something of ${leadId} is still under way`)
  }
  return {
    api,
    begin,
    settle,
    async create(input) {
      const id = await begin(input)
      await settle(id)
      return id
    },
    createLeads: async (leads) => {
      const query = `mutation ($input: CreateLeadsInput!) { createLeads(input: $input) {
        ... on CreateLeadsPayload { items { outcome lead { id } } } } }`
      return (await api.ask(query, { input: { leads } })).data.createLeads
    },
    update: (id, patch) => mutate('updateLead', { id, ...patch }),
    suppress: (address, channel = 'EMAIL') => mutate('suppressAddress', { address, channel }),
    unsuppress: (address) => mutate('unsuppressAddress', { address, channel: 'EMAIL' }),
    erase: (id) => mutate('eraseLead', { id }),
    act: (vendor, type, more) => control('POST', '/events', { vendor, type, ...more }),
    async report(vendor, body) {
      const headers = signed(vendor, body, secret, url(vendor))
      const { status } = await fetch(url(vendor), { method: 'POST', body, headers })
      if (status !== 200) throw new Error(`The webhook was answered ${status}`)
    },
    members: async () =>
      (
        await ask<{ members: (Omit<Member, 'tags'> & { tags: { name: string }[] })[] }>(
          `${sandbox.url}/mc/3.0/lists/${config.MAILCHIMP_LIST_ID}/members?count=1000`,
          'GET',
          undefined,
          { authorization: `Basic ${Buffer.from(`any:${config.MAILCHIMP_API_KEY}`).toString('base64')}` },
        )
      ).members.map((member) => ({ ...member, tags: member.tags.map(({ name }) => name) })),
    contacts: async () =>
      (await control<{ hubspot: { contacts: CrmContact[] } }>('GET', '/state')).hubspot.contacts,
    writes: async (vendor, about = '') => {
      const { requests } = await control<{ requests: Request[] }>('GET', `/requests?vendor=${vendor}`)
      return requests
        .filter(({ method, path }) => method !== 'GET' && path.includes(about))
        .map(({ method, path, status }) => `${method} ${path.replace(/.*2026-09/, '')} ${status}`)
    },
    timeline: async (id) =>
      (
        await rows<{ type: string; detail: string }>(
          'select type, detail from lead_event where lead_id = ? order by seq',
          [id],
        )
      ).map(({ type, detail }) => ({ type, detail: JSON.parse(detail) })),
    lead: async (id) => (await rows<Record<string, unknown>>('select * from `lead` where id = ?', [id]))[0]!,
    sandbox: control,
    async close() {
      await api.close()
      await sandbox.close()
    },
  }
}

function configOf(url: string): Record<string, unknown> {
  return {
    MAILCHIMP_BASE_URL: `${url}/mc/3.0`,
    MAILCHIMP_API_KEY: '0123456789abcdef0123456789abcdef-us19',
    MAILCHIMP_LIST_ID: list,
    MAILCHIMP_WEBHOOK_SECRETS: secret,
    MANDRILL_BASE_URL: `${url}/mandrill/api/1.0`,
    MANDRILL_API_KEY: 'md-sandbox-key',
    MANDRILL_WEBHOOK_KEYS: secret,
    WHATSAPP_BASE_URL: `${url}/wa/v25.0`,
    WHATSAPP_TOKEN: 'sandbox-token',
    WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    WHATSAPP_APP_SECRETS: secret,
    HUBSPOT_BASE_URL: `${url}/hs`,
    HUBSPOT_TOKEN: 'pat-sandbox',
    HUBSPOT_PORTAL_ID: '62515',
    HUBSPOT_CLIENT_SECRET: secret,
    HUBSPOT_REQUESTS: '',
  }
}

async function ask<T>(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${method} ${url}: ${text}`)
  return (text ? JSON.parse(text) : undefined) as T
}
