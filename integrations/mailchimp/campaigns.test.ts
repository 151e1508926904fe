import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createMailchimp } from './mailchimp.ts'

const context = { signal: new AbortController().signal }
const answer = {
  id: '42694e9e57',
  type: 'regular',
  status: 'save',
  create_time: '2026-11-24T10:00:00+00:00',
  send_time: '',
  recipients: { list_id: 'a6b5da1054', list_name: 'Leads' },
  settings: {
    title: 'run-8f3c',
    subject_line: 'Hello',
    preview_text: 'There',
    from_name: 'Solaria',
    reply_to: 'hello@solaria.example',
  },
}
const settings = {
  title: 'run-8f3c',
  subject: 'Hello',
  previewText: 'There',
  fromName: 'Solaria',
  replyTo: 'hello@solaria.example',
  audienceId: 'a6b5da1054',
}
const campaign = {
  ...settings,
  id: '42694e9e57',
  status: 'save',
  createdAt: new Date('2026-11-24T10:00:00Z'),
  segment: null,
  sendTime: null,
}

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: answer })
})
afterEach(() => stub[Symbol.asyncDispose]())

const mailchimp = () => createMailchimp({ baseUrl: `${stub.url}/3.0`, apiKey: 'key-us19', listId: 'own' })
const seen = () => {
  const { method, path, body } = stub.requests.at(-1)!
  return { method, path, body }
}
const at = '/3.0/campaigns/42694e9e57'
const written = { recipients: { list_id: 'a6b5da1054' }, settings: answer.settings }

describe('a campaign at Mailchimp', () => {
  test('is created with our title, from whom, about what, and to which audience', async () => {
    expect(await mailchimp().createCampaign(settings, context)).toEqual(campaign)
    const tracking = { opens: true, html_clicks: true }
    const body = { type: 'regular', ...written, tracking }
    expect(seen()).toEqual({ method: 'POST', path: '/3.0/campaigns', body })
  })

  test('is changed in nothing but what is given, so that its segment and its preview text stay', async () => {
    const change = { subject: 'New', fromName: 'Solaria', replyTo: 'hello@solaria.example' }
    expect(await mailchimp().updateCampaign('42694e9e57', change, context)).toEqual(campaign)
    const required = { subject_line: 'New', from_name: 'Solaria', reply_to: 'hello@solaria.example' }
    expect(seen()).toEqual({ method: 'PATCH', path: at, body: { settings: required } })
    await mailchimp().updateCampaign('42694e9e57', settings, context)
    expect(seen()).toEqual({ method: 'PATCH', path: at, body: written })
  })

  test('is deleted, also when it is gone already', async () => {
    stub.reply = { status: 204 }
    await mailchimp().deleteCampaign('42694e9e57', context)
    expect(seen()).toEqual({ method: 'DELETE', path: at, body: undefined })
    stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
    await mailchimp().deleteCampaign('42694e9e57', context)
  })

  test('is read with only the fields we keep, or is not there', async () => {
    expect(await mailchimp().campaign('42694e9e57', context)).toEqual(campaign)
    const fields =
      'id,status,create_time,send_time,recipients.list_id,recipients.segment_text,recipients.segment_opts,settings.title,settings.subject_line,settings.preview_text,settings.from_name,settings.reply_to'
    expect(seen()).toEqual({ method: 'GET', path: `${at}?fields=${fields}`, body: undefined })
    stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
    expect(await mailchimp().campaign('42694e9e57', context)).toBeUndefined()
  })

  test('has a time of sending once it has one, and empty texts for what nobody filled in', async () => {
    const { id, create_time } = answer
    stub.reply = { body: { id, create_time, status: 'schedule', send_time: '2026-12-01T10:15:00+00:00' } }
    expect(await mailchimp().campaign('42694e9e57', context)).toMatchObject({
      status: 'schedule',
      title: '',
      audienceId: '',
      sendTime: new Date('2026-12-01T10:15:00Z'),
    })
  })

  test('has HTML that is set and read', async () => {
    stub.reply = { body: { html: '<p>Hi</p>', plain_text: 'Hi' } }
    await mailchimp().setContent('42694e9e57', '<p>Hi</p>', context)
    expect(seen()).toEqual({ method: 'PUT', path: `${at}/content`, body: { html: '<p>Hi</p>' } })
    expect(await mailchimp().content('42694e9e57', context)).toEqual({ html: '<p>Hi</p>' })
    expect(seen()).toEqual({ method: 'GET', path: `${at}/content?fields=html`, body: undefined })
  })
})

describe('campaigns at Mailchimp', () => {
  test('are paged oldest first', async () => {
    stub.reply = { body: { campaigns: [answer], total_items: 7 } }
    const createdSince = new Date('2026-11-24T00:00:00Z')
    const page = await mailchimp().campaignPage({ offset: 6, count: 3, createdSince }, context)
    expect(page).toEqual({ campaigns: [campaign], total: 7 })
    const url = new URL(seen().path, 'http://x')
    expect(url.pathname).toBe('/3.0/campaigns')
    const { fields, ...query } = Object.fromEntries(url.searchParams)
    expect(query).toEqual({
      count: '3',
      offset: '6',
      sort_field: 'create_time',
      sort_dir: 'ASC',
      since_create_time: '2026-11-24T00:00:00+00:00',
    })
    expect(fields).toMatch(/^campaigns\.id,.*,campaigns\.settings\.reply_to,total_items$/)
  })

  test('are found by their exact title on whatever page, looking back a little for clocks that differ', async () => {
    const named = (id: string, title: string) => ({ ...answer, id, settings: { title } })
    stub.reply = (request, response) => {
      const offset = new URL(request.url!, 'http://x').searchParams.get('offset')
      const first = [named('1', 'run-8f3c9'), named('2', 'run-8f3c')]
      const campaigns = offset === '0' ? first : [named('3', 'run-8f3c'), named('4', 'Run-8f3c')]
      response.end(JSON.stringify({ campaigns, total_items: 1_002 }))
    }
    const found = await mailchimp().findCampaigns('run-8f3c', new Date('2026-11-24T10:00:00Z'), context)
    expect(found.map(({ id }) => id)).toEqual(['2', '3'])
    expect(stub.requests.map(({ path }) => /offset=\d+/.exec(path)?.[0])).toEqual(['offset=0', 'offset=1000'])
    expect(seen().path).toContain('since_create_time=2026-11-24T09%3A55%3A00%2B00%3A00')
  })
})

describe('sending a campaign', () => {
  test('a time that is no full quarter hour is refused before anything is sent', async () => {
    for (const time of [
      '2026-12-01T10:07:00Z',
      '2026-12-01T10:15:00.001Z',
      '2026-12-01T10:15:01Z',
      'never',
    ]) {
      const error = await failureOf(mailchimp().schedule('42694e9e57', new Date(time), context))
      expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'INVALID_SCHEDULE_TIME' })
    }
    expect(stub.requests).toHaveLength(0)
  })

  test.each(['00', '15', '30', '45'])('minute %s of an hour can be scheduled', async (minute) => {
    stub.reply = { status: 204 }
    await mailchimp().schedule('42694e9e57', new Date(`2026-12-01T10:${minute}:00Z`), context)
    const body = { schedule_time: `2026-12-01T10:${minute}:00+00:00` }
    expect(seen()).toEqual({ method: 'POST', path: `${at}/actions/schedule`, body })
  })

  test('unscheduling, sending and stopping are actions without a body', async () => {
    stub.reply = { status: 204 }
    await mailchimp().unschedule('42694e9e57', context)
    expect(seen()).toEqual({ method: 'POST', path: `${at}/actions/unschedule`, body: undefined })
    await mailchimp().send('42694e9e57', context)
    expect(seen()).toEqual({ method: 'POST', path: `${at}/actions/send`, body: undefined })
    await mailchimp().cancelSend('42694e9e57', context)
    expect(seen()).toEqual({ method: 'POST', path: `${at}/actions/cancel-send`, body: undefined })
  })

  test('a test goes to the addresses named', async () => {
    stub.reply = { status: 204 }
    await mailchimp().sendTest('42694e9e57', ['me@solaria.example'], context)
    const body = { test_emails: ['me@solaria.example'], send_type: 'html' }
    expect(seen()).toEqual({ method: 'POST', path: `${at}/actions/test`, body })
  })

  test('the checklist says whether it is ready and what is missing', async () => {
    const items = [{ type: 'error', id: 502, heading: 'List', details: 'No recipients' }]
    stub.reply = { body: { is_ready: false, items } }
    const missing = [{ type: 'error', heading: 'List', details: 'No recipients' }]
    expect(await mailchimp().checklist('42694e9e57', context)).toEqual({ ready: false, items: missing })
    const path = `${at}/send-checklist?fields=is_ready,items.type,items.heading,items.details`
    expect(seen()).toEqual({ method: 'GET', path, body: undefined })
  })

  test('the report counts what happened, and there is none before', async () => {
    stub.reply = {
      body: {
        emails_sent: 200,
        abuse_reports: 1,
        unsubscribed: 2,
        bounces: { hard_bounces: 3, soft_bounces: 4 },
        opens: { opens_total: 186, unique_opens: 100 },
        clicks: { clicks_total: 42, unique_subscriber_clicks: 40 },
      },
    }
    expect(await mailchimp().report('42694e9e57', context)).toEqual({
      sent: 200,
      complaints: 1,
      unsubscribed: 2,
      hardBounces: 3,
      softBounces: 4,
      opens: 186,
      uniqueOpens: 100,
      clicks: 42,
      uniqueClicks: 40,
    })
    expect(seen()).toMatchObject({
      method: 'GET',
      path: expect.stringMatching(/^\/3\.0\/reports\/42694e9e57\?fields=/),
    })
    stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
    expect(await mailchimp().report('42694e9e57', context)).toBeUndefined()
  })
})
