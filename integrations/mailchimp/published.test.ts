// Every request we can send, held against what Mailchimp's published description of its API says of it: paths, methods,
// query parameters, content type and bodies, with nothing allowed that is not described.

import { z } from 'zod'
import { type Published, testPublished } from '../../test/support/published.ts'
import { failureOf } from '../stub.ts'
import { createMailchimp } from './mailchimp.ts'
import type { Mailchimp } from './verbs.ts'

const whole = z.string().regex(/^\d+$/)
const count = whole.refine((text) => Number(text) <= 1_000)
const fields = z.string().regex(/^[a-z_]+(\.[a-z_]+)*(,[a-z_]+(\.[a-z_]+)*)*$/)
const dateTime = z.iso.datetime({ offset: true })
const truth = z.enum(['true', 'false'])
const status = z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'])
const order = z.enum(['ASC', 'DESC'])
const mergeFieldValues = z.record(z.string(), z.union([z.string(), z.number()]))

const recipients = z.strictObject({ list_id: z.string() })
const campaignSettings = z.strictObject({
  subject_line: z.string(),
  preview_text: z.string().optional(),
  title: z.string().optional(),
  from_name: z.string(),
  reply_to: z.string(),
})
const events = z.strictObject({
  subscribe: z.boolean(),
  unsubscribe: z.boolean(),
  profile: z.boolean(),
  cleaned: z.boolean(),
  upemail: z.boolean(),
  campaign: z.boolean(),
})
const operation = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string(),
  params: z.looseObject({}).optional(),
  body: z.string().optional(),
  operation_id: z.string().optional(),
})

const small = { query: z.strictObject({ fields }) }
const member = '/lists/{id}/members/{hash}'

const published: Record<string, Published> = {
  'GET /ping': {},
  'GET /lists': { query: z.strictObject({ fields, count, offset: whole }) },
  'GET /lists/{id}': small,
  'GET /lists/{id}/merge-fields': { query: z.strictObject({ fields, count }) },
  'GET /lists/{id}/members': {
    query: z.strictObject({
      fields,
      count,
      offset: whole,
      sort_field: z.enum(['timestamp_opt', 'timestamp_signup', 'last_changed']),
      sort_dir: order,
      since_last_changed: dateTime,
    }),
  },
  [`GET ${member}`]: small,
  [`PUT ${member}`]: {
    query: z.strictObject({ skip_merge_validation: truth }),
    body: z.strictObject({
      email_address: z.string(),
      status_if_new: status,
      merge_fields: mergeFieldValues.optional(),
      language: z.string().optional(),
    }),
  },
  [`PATCH ${member}`]: {
    query: z.strictObject({ skip_merge_validation: truth }),
    body: z.strictObject({
      email_address: z.string().optional(),
      status: status.optional(),
      merge_fields: mergeFieldValues.optional(),
      language: z.string().optional(),
    }),
  },
  [`DELETE ${member}`]: {},
  [`POST ${member}/actions/delete-permanent`]: {},
  [`POST ${member}/tags`]: {
    body: z.strictObject({
      tags: z.array(z.strictObject({ name: z.string(), status: z.enum(['active', 'inactive']) })),
    }),
  },
  'GET /lists/{id}/webhooks': {},
  'POST /lists/{id}/webhooks': {
    body: z.strictObject({
      url: z.url(),
      events,
      sources: z.strictObject({ user: z.boolean(), admin: z.boolean(), api: z.boolean() }),
    }),
  },
  'DELETE /lists/{id}/webhooks/{id}': {},
  'POST /campaigns': {
    body: z.strictObject({
      type: z.enum(['regular', 'plaintext', 'absplit', 'rss', 'variate']),
      recipients,
      settings: campaignSettings,
      tracking: z.strictObject({ opens: z.boolean(), html_clicks: z.boolean() }),
    }),
  },
  'GET /campaigns': {
    query: z.strictObject({
      fields,
      count,
      offset: whole,
      since_create_time: dateTime,
      sort_field: z.enum(['create_time', 'send_time']),
      sort_dir: order,
    }),
  },
  'GET /campaigns/{id}': small,
  'PATCH /campaigns/{id}': {
    body: z.strictObject({ recipients: recipients.optional(), settings: campaignSettings }),
  },
  'DELETE /campaigns/{id}': {},
  'GET /campaigns/{id}/content': small,
  'PUT /campaigns/{id}/content': { body: z.strictObject({ html: z.string() }) },
  'GET /campaigns/{id}/send-checklist': small,
  'POST /campaigns/{id}/actions/test': {
    body: z.strictObject({ test_emails: z.array(z.string()), send_type: z.enum(['html', 'plaintext']) }),
  },
  'POST /campaigns/{id}/actions/schedule': { body: z.strictObject({ schedule_time: dateTime }) },
  'POST /campaigns/{id}/actions/unschedule': {},
  'POST /campaigns/{id}/actions/send': {},
  'POST /campaigns/{id}/actions/cancel-send': {},
  'GET /reports/{id}': small,
  'POST /batches': { body: z.strictObject({ operations: z.array(operation) }) },
  'GET /batches/{id}': small,
}

const context = { signal: new AbortController().signal }
const email = 'jane@example.com'
const since = new Date('2026-11-24T10:00:00.123Z')
const person = {
  email,
  statusIfNew: 'pending',
  firstName: 'Jane',
  locale: 'en',
  fields: { company: 'Roe Ltd', 'customFields.size': '40' },
  mergeFields: { BORN: '01/22' },
} as const
const settings = {
  title: 'run-8f3c',
  subject: 'Hello',
  previewText: 'There',
  fromName: 'Solaria',
  replyTo: 'hello@solaria.example',
  audienceId: 'a6b5da1054',
}

/** One use of every verb that sends something. */
const uses: Record<
  Exclude<keyof Mailchimp, 'subscriberHash' | 'batchResults' | 'mappedFields'>,
  (to: Mailchimp) => Promise<unknown>
> = {
  ping: (to) => to.ping(context),
  audience: (to) => to.audience(context),
  audiences: (to) => to.audiences(context),
  mergeFields: (to) => to.mergeFields(context),
  upsertMember: (to) => to.upsertMember(person, context),
  upsertMembers: (to) => to.upsertMembers([{ email, statusIfNew: 'transactional' }], context),
  changeMember: (to) =>
    to.changeMember({ member: email, email: 'jane.roe@example.com', firstName: '', locale: 'en' }, context),
  setMemberStatus: (to) => to.setMemberStatus({ member: email, status: 'unsubscribed' }, context),
  tagMember: (to) => to.tagMember({ member: email, tags: ['vip'], remove: ['new'] }, context),
  member: (to) => to.member(email, context),
  memberPage: (to) => to.memberPage({ offset: 0, count: 1_000, since }, context),
  archiveMember: (to) => to.archiveMember(email, context),
  deleteMemberForever: (to) => to.deleteMemberForever(email, context),
  createCampaign: (to) => to.createCampaign(settings, context),
  updateCampaign: (to) => to.updateCampaign('42694e9e57', settings, context),
  deleteCampaign: (to) => to.deleteCampaign('42694e9e57', context),
  campaign: (to) => to.campaign('42694e9e57', context),
  campaignPage: (to) => to.campaignPage({ offset: 0, count: 10, createdSince: since }, context),
  findCampaigns: (to) => to.findCampaigns('run-8f3c', since, context),
  content: (to) => to.content('42694e9e57', context),
  setContent: (to) => to.setContent('42694e9e57', '<p>', context),
  checklist: (to) => to.checklist('42694e9e57', context),
  sendTest: (to) => to.sendTest('42694e9e57', [email], context),
  schedule: (to) => to.schedule('42694e9e57', new Date('2026-12-01T10:15:00Z'), context),
  unschedule: (to) => to.unschedule('42694e9e57', context),
  send: (to) => to.send('42694e9e57', context),
  cancelSend: (to) => to.cancelSend('42694e9e57', context),
  report: (to) => to.report('42694e9e57', context),
  startBatch: (to) =>
    to.startBatch([{ method: 'PUT', path: '/lists/l/members/h', operationId: '1', body: {} }], context),
  batch: (to) => to.batch('8b2428d747', context),
  webhooks: (to) => to.webhooks(context),
  addWebhook: (to) => to.addWebhook('https://hooks.example/webhooks/mailchimp', context),
  deleteWebhook: (to) => to.deleteWebhook('w1', context),
}

/** `/lists/a6b5da1054/members/9e26…` → `/lists/{id}/members/{hash}`. */
function templateOf(pathname: string): string {
  return pathname
    .replace('/3.0', '')
    .replace(/\/[0-9a-f]{32}(?=\/|$)/, '/{hash}')
    .replace(/\/(lists|campaigns|reports|batches|webhooks)\/[^/]+/g, '/$1/{id}')
}

const mergeMapping = { company: 'COMPANY', 'customFields.size': 'SIZE' }
const merge_fields = [
  { tag: 'COMPANY', type: 'text' },
  { tag: 'SIZE', type: 'number' },
]

/** Each ends at its first answer that no verb understands; only merge fields are answered. */
const failing = Object.entries(uses).map(([verb, use]) => [verb, (to: Mailchimp) => failureOf(use(to))])

testPublished<Mailchimp>({
  name: 'Mailchimp',
  published,
  headers: z.object({
    authorization: z.literal(`Basic ${Buffer.from('anystring:k-us19').toString('base64')}`),
  }),
  keyOf: ({ method }, pathname) => `${method} ${templateOf(pathname)}`,
  connect: (url) =>
    createMailchimp({ baseUrl: `${url}/3.0`, apiKey: 'k-us19', listId: 'a6b5da1054', mergeMapping }),
  uses: { ...Object.fromEntries(failing), mergeFields: uses.mergeFields },
  answer: ({ path }) => (path.includes('/merge-fields') ? { body: { merge_fields } } : { status: 418 }),
})
