import { createHmac } from 'node:crypto'
import type { ReceiptState, WebhookVendor } from '../../entities/webhook-receipt.ts'
import { webhookAccounts } from '../../runtime/webhook-accounts.ts'
import { signHubSpot, signMailchimp, signMandrill, signWhatsApp } from '../../sandbox/signatures.ts'
import { webhookRoutes } from '../../server/webhooks/routes.ts'
import { campaignSync } from '../../workers/campaign.sync.ts'
import { webhookReceive } from '../../workers/webhook.receive.ts'
import { whatsappTemplates } from '../../workers/whatsapp.templates.ts'
import { type Api, startApi } from './api.ts'
import { until } from './world.ts'

/** For tests: the API taking webhooks of every vendor, signed as the vendors sign them, with the job that applies them. */

export const publicUrl = 'https://hooks.example.com'
export const webhookSecret = 'a-webhook-secret'

const webhookSettings = {
  MAILCHIMP_LIST_ID: 'a6b5da1054',
  WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_WABA_ID: '102290129340398',
  HUBSPOT_PORTAL_ID: '62515',
  MAILCHIMP_WEBHOOK_SECRETS: `old-secret,${webhookSecret}`,
  MANDRILL_WEBHOOK_KEYS: webhookSecret,
  WHATSAPP_APP_SECRETS: webhookSecret,
  WHATSAPP_VERIFY_TOKEN: 'our-token',
  HUBSPOT_CLIENT_SECRET: webhookSecret,
  TWENTY_WEBHOOK_SECRETS: webhookSecret,
  TWENTY_WORKSPACE_ID: 'our-workspace',
}

type Answer = { status: number; text: string }

export interface Webhooks {
  api: Api
  /** Sends a body, signed as it should be unless other headers are given. */
  post(vendor: WebhookVendor, body: string, headers?: Record<string, string>): Promise<Answer>
  call(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Answer>
  /** Sends a body and waits until its receipts are applied; their states, oldest first. */
  report(vendor: WebhookVendor, body: string): Promise<ReceiptState[]>
  close(): Promise<void>
}

/** Starts it; `worker: false` leaves receipts where they are. */
export async function startWebhooks({ worker = true } = {}): Promise<Webhooks> {
  const definition = { ...webhookReceive, backoff: { type: 'fixed', delay: 300, jitter: 0 } as const }
  let routes: ReturnType<typeof webhookRoutes> = {}
  const api = await startApi([definition, campaignSync, whatsappTemplates], webhookSettings, {
    routes: { '/webhooks/': (request, response) => routes['/webhooks/']!(request, response) },
  })
  const { world } = api
  const account = webhookAccounts({ ...api.config, WORKSPACE: 'test' }, world.fork, api.connections)
  routes = webhookRoutes({ log: world.log, ledger: world.ledger, account, publicUrl })
  if (worker) {
    world.startDispatcher()
    world.startWorkers({ definitions: [definition] })
  }

  const call: Webhooks['call'] = async (method, path, body, headers = {}) => {
    const init = { method, headers, ...(body !== undefined && { body }) }
    const response = await fetch(`${api.server.url}${path}`, init)
    return { status: response.status, text: await response.text() }
  }
  const post: Webhooks['post'] = (vendor, body, headers = signed(vendor, body)) =>
    call('POST', `/webhooks/${vendor}`, body, headers)
  return {
    api,
    call,
    post,
    async report(vendor, body) {
      const known = (await receipts(api)).length
      const { status, text } = await post(vendor, body)
      if (status !== 200) throw new Error(`The webhook was answered ${status} ${text}`)
      return until('the receipts are applied', async () => {
        const states = (await receipts(api)).slice(known).map(({ state }) => state)
        return states.includes('RECEIVED') ? undefined : states
      })
    },
    close: () => api.close(),
  }
}

/** All receipts of the workspace, oldest first. */
export function receipts({ world }: Api): Promise<{ id: string; state: ReceiptState; body: string }[]> {
  return world.fork().execute('select id, state, body from webhook_receipt order by id')
}

type Sign = (body: string, secret: string, url: string) => Record<string, string>

const form = { 'content-type': 'application/x-www-form-urlencoded' }

const signers: Record<WebhookVendor, Sign> = {
  mailchimp: (body, secret) => ({
    ...form,
    'x-mailchimp-signature': signMailchimp(secret, body, Math.floor(Date.now() / 1_000)),
  }),
  mandrill: (body, key, url) => ({
    ...form,
    'x-mandrill-signature': signMandrill(key, url, Object.fromEntries(new URLSearchParams(body))),
  }),
  whatsapp: (body, secret) => ({ 'x-hub-signature-256': signWhatsApp(secret, body) }),
  hubspot: (body, secret, url) => {
    const now = Date.now()
    return {
      'x-hubspot-request-timestamp': String(now),
      'x-hubspot-signature-v3': signHubSpot(secret, url, body, now),
    }
  },
  twenty: (body, secret) => {
    const timestamp = String(Date.now())
    const signature = createHmac('sha256', secret).update(`${timestamp}:${body}`).digest('hex')
    return { 'x-twenty-webhook-timestamp': timestamp, 'x-twenty-webhook-signature': signature }
  },
}

/** The headers a vendor sends with a body. */
export function signed(
  vendor: WebhookVendor,
  body: string,
  secret = webhookSecret,
  url = `${publicUrl}/webhooks/${vendor}`,
): Record<string, string> {
  return signers[vendor](body, secret, url)
}

export const mandrillForm = (...events: unknown[]) =>
  new URLSearchParams({ mandrill_events: JSON.stringify(events) }).toString()

export const whatsappBody = (value: Record<string, unknown>, phoneNumberId = '106540352242922') =>
  JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '102290129340398',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '15550783881', phone_number_id: phoneNumberId },
              ...value,
            },
          },
        ],
      },
    ],
  })

/** What is reported of the business account: `field` names it, e.g. `message_template_status_update`. */
export const whatsappAccountBody = (field: string, value: Record<string, unknown>, time: number) =>
  JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', time, changes: [{ field, value }] }],
  })

export const mailchimpForm = (type: string, firedAt: string, data: Record<string, string>) =>
  new URLSearchParams({
    type,
    fired_at: firedAt,
    ...Object.fromEntries(Object.entries(data).map(([name, value]) => [`data[${name}]`, value])),
  }).toString()
