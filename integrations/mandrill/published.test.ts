// Every request we can send, held against what Mailchimp publishes of its Transactional API (Mandrill): methods, bodies
// and formats, with nothing allowed that is not described. Every method is a POST of JSON with the key in its body. Times
// are as its guides give them (`YYYY-MM-DD HH:MM:SS` in UTC): the published description calls them RFC 3339.

import { z } from 'zod'
import { type Published, type Request, testPublished } from '../../test/support/published.ts'
import type { StubAnswer } from '../stub.ts'
import { createMandrill, type Mandrill } from './mandrill.ts'

const key = z.literal('md-key')
const utcTime = z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
const variable = z.strictObject({ name: z.string(), content: z.string() })

const addressed = {
  from_email: z.email(),
  from_name: z.string(),
  to: z.tuple([
    z.strictObject({ email: z.email(), name: z.string().optional(), type: z.enum(['to', 'cc', 'bcc']) }),
  ]),
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.string().max(50).regex(/^[^_]/)),
}
const delivery = { async: z.boolean(), send_at: utcTime.optional() }
const subject = z.string().max(998)

const event = z.enum([
  ...(['send', 'deferral', 'hard_bounce', 'soft_bounce', 'delivered'] as const),
  ...(['open', 'click', 'spam', 'unsub', 'reject'] as const),
])

/** What each method takes beside the key. */
const methods: Record<string, z.ZodRawShape> = {
  'users/ping2': {},
  'messages/send': {
    message: z.strictObject({ ...addressed, subject, html: z.string(), text: z.string().optional() }),
    ...delivery,
  },
  'messages/send-template': {
    template_name: z.string(),
    template_content: z.array(variable),
    message: z.strictObject({
      ...addressed,
      subject: subject.optional(),
      merge_language: z.enum(['mailchimp', 'handlebars']),
      global_merge_vars: z.array(variable),
    }),
    ...delivery,
  },
  'messages/search': { query: z.string(), date_from: z.iso.date(), limit: z.int().min(1).max(1_000) },
  'messages/info': { id: z.string() },
  'messages/list-scheduled': { to: z.email().optional() },
  'messages/cancel-scheduled': { id: z.string() },
  'messages/reschedule': { id: z.string(), send_at: utcTime },
  'rejects/list': { email: z.email().optional(), include_expired: z.boolean().optional() },
  'rejects/add': { email: z.email(), comment: z.string().max(400).optional() },
  'rejects/delete': { email: z.email() },
  'webhooks/list': {},
  'webhooks/add': { url: z.url(), description: z.string().optional(), events: z.array(event).min(1) },
  'webhooks/delete': { id: z.int() },
  'templates/list': {},
}
const published: Record<string, Published> = Object.fromEntries(
  Object.entries(methods).map(([method, shape]) => [
    `POST /${method}`,
    { body: z.strictObject({ key, ...shape }) },
  ]),
)

const context = { signal: new AbortController().signal }
const email = 'jane@example.com'
const at = new Date('2026-12-24T18:00:00.123Z')
const mail = {
  to: { email, name: 'Jane' },
  metadata: { delivery_id: 'd_991' },
  tags: ['welcome'],
}
const own = { ...mail, subject: 'Hi', html: '<p>Hi</p>', text: 'Hi' }
const template = { ...mail, template: 'welcome', vars: { fname: 'Jane' } }
const webhook = { url: 'https://hooks.example/webhooks/mandrill', events: ['send', 'hard_bounce'] } as const

const uses: Record<Exclude<keyof Mandrill, 'vendor' | 'schedules'>, (to: Mandrill) => Promise<unknown>> = {
  check: (to) => to.check(context),
  async send(to) {
    await to.send(own, context)
    await to.send({ ...own, to: { email }, text: undefined, sendAt: at }, context)
  },
  async sendTemplate(to) {
    await to.sendTemplate({ ...template, subject: 'Hi {{fname}}' }, context)
    await to.sendTemplate({ ...template, to: { email }, vars: {}, sendAt: at }, context)
  },
  findByMetadata: (to) =>
    to.findByMetadata({ key: 'delivery_id', values: ['d_1', 'd 2'], since: at }, context),
  info: (to) => to.info('a92c', context),
  async listScheduled(to) {
    await to.listScheduled(undefined, context)
    await to.listScheduled(email, context)
  },
  cancelScheduled: (to) => to.cancelScheduled('a92c', context),
  reschedule: (to) => to.reschedule('a92c', at, context),
  async listRejects(to) {
    await to.listRejects({}, context)
    await to.listRejects({ email, includeExpired: true }, context)
  },
  async addReject(to) {
    await to.addReject(email, undefined, context)
    await to.addReject(email, 'asked for it', context)
  },
  deleteReject: (to) => to.deleteReject(email, context),
  listWebhooks: (to) => to.listWebhooks(context),
  async addWebhook(to) {
    await to.addWebhook(webhook, context)
    await to.addWebhook({ ...webhook, description: 'Solaria' }, context)
  },
  deleteWebhook: (to) => to.deleteWebhook(42, context),
  listTemplates: (to) => to.listTemplates(context),
}

const hook = { id: 42, url: webhook.url, events: [], batches_sent: 0, events_sent: 0 }
const scheduled = { _id: 's1', send_at: '2026-12-24 18:00:00', created_at: '2026-12-01 10:00:00', to: email }

/** What a verb understands, by method; a list where nothing else is said. */
const answers: Record<string, unknown> = {
  'users/ping2': { PING: 'PONG!' },
  'messages/send': [{ status: 'sent', _id: 'a92c' }],
  'messages/send-template': [{ status: 'sent', _id: 'a92c' }],
  'messages/info': { _id: 'a92c', state: 'sent', ts: 1_764_000_000 },
  'messages/cancel-scheduled': { ...scheduled, subject: 'Hi' },
  'messages/reschedule': { ...scheduled, subject: 'Hi' },
  'rejects/add': { added: true },
  'rejects/delete': { deleted: true },
  'webhooks/add': hook,
  'webhooks/delete': hook,
}
const answer = ({ path }: Request): StubAnswer => ({ body: answers[path.replace('/api/1.0/', '')] ?? [] })

testPublished<Mandrill>({
  name: 'Mandrill',
  published,
  headers: z.object({ authorization: z.never().optional() }),
  keyOf: ({ method }, pathname) => `${method} ${pathname.replace('/api/1.0', '')}`,
  connect: (url) =>
    createMandrill({
      ...{ baseUrl: `${url}/api/1.0`, apiKey: 'md-key' },
      ...{ fromEmail: 'hello@solaria.example', fromName: 'Solaria' },
    }),
  uses,
  answer,
})
