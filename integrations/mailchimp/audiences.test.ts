import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Stub, startStub } from '../stub.ts'
import { createMailchimp } from './mailchimp.ts'

const context = { signal: new AbortController().signal }
const list = (id: string) => ({ id, name: `List ${id}`, double_optin: true, stats: { member_count: 12 } })
const audience = (id: string) => ({ id, name: `List ${id}`, doubleOptIn: true, memberCount: 12 })

let stub: Stub
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const mailchimp = () =>
  createMailchimp({ baseUrl: `${stub.url}/3.0`, apiKey: 'k-us19', listId: 'a6b5da1054' })
const seen = () => {
  const { method, path, body } = stub.requests.at(-1)!
  return { method, path, body }
}

test('the audience tells its name, its opt-in and how many it has', async () => {
  stub.reply = { body: list('a6b5da1054') }
  expect(await mailchimp().audience(context)).toEqual(audience('a6b5da1054'))
  const path = '/3.0/lists/a6b5da1054?fields=id,name,double_optin,stats.member_count'
  expect(seen()).toEqual({ method: 'GET', path, body: undefined })
})

test('all audiences of the account are read, page by page', async () => {
  stub.reply = (request, response) => {
    const offset = new URL(request.url!, 'http://x').searchParams.get('offset')
    const lists = offset === '0' ? [list('a'), list('b')] : [list('c')]
    response.end(JSON.stringify({ lists, total_items: 3 }))
  }
  expect(await mailchimp().audiences(context)).toEqual([audience('a'), audience('b'), audience('c')])
  const fields = 'fields=lists.id,lists.name,lists.double_optin,lists.stats.member_count,total_items'
  expect(stub.requests.map(({ path }) => path)).toEqual([
    `/3.0/lists?${fields}&count=1000&offset=0`,
    `/3.0/lists?${fields}&count=1000&offset=2`,
  ])
})

test('the merge fields of the audience come with tag, type and whether they are required', async () => {
  const field = { tag: 'FNAME', name: 'First Name', type: 'text', required: true }
  stub.reply = { body: { merge_fields: [{ merge_id: 1, ...field }], total_items: 1 } }
  expect(await mailchimp().mergeFields(context)).toEqual([field])
  const fields = 'merge_fields.tag,merge_fields.name,merge_fields.type,merge_fields.required'
  const path = `/3.0/lists/a6b5da1054/merge-fields?fields=${fields}&count=1000`
  expect(seen()).toEqual({ method: 'GET', path, body: undefined })
})

test('a webhook reports what people and admins do, all of it, and its secret is handed over', async () => {
  const url = 'https://hooks.example/webhooks/mailchimp'
  stub.reply = { body: { id: 'w1', url, signing_enabled: true, signing_secret: 'mc_whsec_1' } }
  const webhook = { id: 'w1', url, signed: true, signingSecret: 'mc_whsec_1' }
  expect(await mailchimp().addWebhook(url, context)).toEqual(webhook)
  const events = {
    subscribe: true,
    unsubscribe: true,
    profile: true,
    cleaned: true,
    upemail: true,
    campaign: true,
  }
  const body = { url, events, sources: { user: true, admin: true, api: false } }
  expect(seen()).toEqual({ method: 'POST', path: '/3.0/lists/a6b5da1054/webhooks', body })
})

test('webhooks are listed; one from before signing is told by it', async () => {
  const url = 'https://hooks.example/'
  const webhooks = [
    { id: 'w1', url },
    { id: 'w2', url, signing_enabled: true, signing_secret: '' },
  ]
  stub.reply = { body: { webhooks } }
  expect(await mailchimp().webhooks(context)).toEqual([
    { id: 'w1', url, signed: false, signingSecret: undefined },
    { id: 'w2', url, signed: true, signingSecret: undefined },
  ])
  expect(seen()).toEqual({ method: 'GET', path: '/3.0/lists/a6b5da1054/webhooks', body: undefined })
})

test('a webhook is deleted, also when it is gone already', async () => {
  stub.reply = { status: 204 }
  await mailchimp().deleteWebhook('w1', context)
  expect(seen()).toEqual({ method: 'DELETE', path: '/3.0/lists/a6b5da1054/webhooks/w1', body: undefined })
  stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
  await mailchimp().deleteWebhook('w1', context)
})
