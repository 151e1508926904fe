import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import { openWebhook } from '../../integrations/webhook-signatures.ts'
import { signHubSpot, signMailchimp } from '../../sandbox/signatures.ts'
import {
  mailchimpForm,
  mandrillForm,
  publicUrl,
  receipts,
  signed,
  startWebhooks,
  type Webhooks,
  webhookSecret,
} from '../../test/support/webhooks.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks({ worker: false })
})
afterAll(() => webhooks.close())
beforeEach(async () => {
  await webhooks.api.world.fork().execute('delete from webhook_receipt')
  await webhooks.api.world.fork().execute('delete from job')
})

const jobs = () =>
  webhooks.api.world
    .fork()
    .execute<{ name: string; input: string }[]>('select name, input from job order by id')
const bodies = async () => (await receipts(webhooks.api)).map(({ body }) => body)

/** The payload examples of the reference, as one delivery each, and what is kept of them. */
const examples: Record<WebhookVendor, { body: string; kept: string[] }> = {
  mailchimp: {
    body: 'type=subscribe&fired_at=2026-09-21+13%3A33%3A20&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=jane%40example.com&data%5Bemail_type%5D=html&data%5Bmerges%5D%5BFNAME%5D=Jane',
    kept: [
      'type=subscribe&fired_at=2026-09-21+13%3A33%3A20&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=jane%40example.com&data%5Bemail_type%5D=html&data%5Bmerges%5D%5BFNAME%5D=Jane',
    ],
  },
  mandrill: {
    body: mandrillForm({
      event: 'hard_bounce',
      _id: 'abcdef012345789abcdef012345789',
      ts: 1461095246,
      msg: {
        _id: 'abcdef012345789abcdef012345789',
        email: 'bounce@example.com',
        bounce_description: 'bad_mailbox',
      },
    }),
    kept: [
      '{"event":"hard_bounce","_id":"abcdef012345789abcdef012345789","ts":1461095246,"msg":{"_id":"abcdef012345789abcdef012345789","email":"bounce@example.com","bounce_description":"bad_mailbox"}}',
    ],
  },
  whatsapp: {
    body: '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"statuses":[{"id":"wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA","status":"delivered","timestamp":"1750030073","recipient_id":"16505551234"}]},"field":"messages"}]}]}',
    kept: [
      '{"phoneNumberId":"106540352242922","status":{"id":"wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA","status":"delivered","timestamp":"1750030073","recipient_id":"16505551234"}}',
    ],
  },
  hubspot: {
    body: '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
    kept: [
      '{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}',
    ],
  },
  twenty: {
    body: '{"event":"person.created","data":{"id":"1"}}',
    kept: ['{"event":"person.created","data":{"id":"1"}}'],
  },
}

describe.each(Object.entries(examples) as [WebhookVendor, { body: string; kept: string[] }][])(
  '%s',
  (vendor, { body, kept }) => {
    test('a webhook with the right signature is kept, with a job that knows nothing but its id', async () => {
      expect(await webhooks.post(vendor, body)).toEqual({ status: 200, text: '' })
      const [receipt] = await receipts(webhooks.api)
      expect(await bodies()).toEqual(kept)
      expect(receipt!.state).toBe('RECEIVED')
      expect(await jobs()).toEqual([
        { name: 'webhook.receive', input: JSON.stringify({ receiptId: receipt!.id }) },
      ])
    })

    test('one with a wrong signature is refused and leaves nothing', async () => {
      const wrong = [
        signed(vendor, body, 'another-secret'),
        signed(vendor, `${body} `),
        signed(vendor, body, ''),
      ]
      for (const headers of wrong) expect((await webhooks.post(vendor, body, headers)).status).toBe(401)
      expect(await bodies()).toEqual([])
      expect(await jobs()).toEqual([])
    })

    test('one without a signature is refused and leaves nothing', async () => {
      expect((await webhooks.post(vendor, body, {})).status).toBe(401)
      expect(await bodies()).toEqual([])
    })

    test('one that comes again, even five times at once, is answered 200 and kept once', async () => {
      const headers = signed(vendor, body)
      const again = await Promise.all(Array.from({ length: 5 }, () => webhooks.post(vendor, body, headers)))
      again.push(await webhooks.post(vendor, body))
      expect(again.map(({ status }) => status)).toEqual(Array(6).fill(200))
      expect(await bodies()).toEqual(kept)
      expect(await jobs()).toHaveLength(1)
    })

    test('an address of a workspace that has no such account is not found', async () => {
      const path = `/webhooks/${vendor}/int_01jd00000000000000000000`
      expect((await webhooks.call('POST', path, body, signed(vendor, body))).status).toBe(404)
      expect(await bodies()).toEqual([])
    })
  },
)

test('a form of Mailchimp that names a field twice is refused, though its bytes are signed', async () => {
  const body = `${examples.mailchimp.body}&data%5Bemail%5D=other%40example.com`
  expect((await webhooks.post('mailchimp', body)).status).toBe(401)
  expect(await bodies()).toEqual([])
})

describe.each([
  ['mailchimp', '&data%5Bemail%5D=other%40example.com'],
  ['mandrill', '&more=1'],
  ['whatsapp', ' '],
  ['hubspot', ' '],
  ['twenty', ' '],
] as const)('the signature of %s', (vendor, more) => {
  test('covers all that is read: nothing can be put before or behind what was signed', async () => {
    const { body } = examples[vendor]
    const headers = signed(vendor, body)
    for (const changed of [body + more, more.replace('&', '') + (more === ' ' ? '' : '&') + body]) {
      expect((await webhooks.post(vendor, changed, headers)).status).toBe(401)
    }
    expect(await bodies()).toEqual([])
  })
})

describe('a signature that is replayed long after', () => {
  const old = Date.now() - 301_000
  test('is refused for Mailchimp, whose signature carries its time', async () => {
    const { body } = examples.mailchimp
    const header = signMailchimp(webhookSecret, body, Math.floor(old / 1_000))
    expect((await webhooks.post('mailchimp', body, { 'x-mailchimp-signature': header })).status).toBe(401)
  })
  test('is refused for HubSpot, whose signature carries its time', async () => {
    const { body } = examples.hubspot
    const headers = {
      'x-hubspot-request-timestamp': String(old),
      'x-hubspot-signature-v3': signHubSpot(webhookSecret, `${publicUrl}/webhooks/hubspot`, body, old),
    }
    expect((await webhooks.post('hubspot', body, headers)).status).toBe(401)
  })
})

describe('the test of a new webhook', () => {
  test('Mailchimp gets 200 to GET, HEAD and an empty POST', async () => {
    for (const method of ['GET', 'HEAD', 'POST'])
      expect((await webhooks.call(method, '/webhooks/mailchimp')).status).toBe(200)
    expect(await bodies()).toEqual([])
  })
  test('Mandrill gets 200 to HEAD, and to no events signed with the key of tests', async () => {
    expect((await webhooks.call('HEAD', '/webhooks/mandrill')).status).toBe(200)
    const empty = mandrillForm()
    expect((await webhooks.post('mandrill', empty, signed('mandrill', empty, 'test-webhook'))).status).toBe(
      200,
    )
    expect(await bodies()).toEqual([])
  })
  test('the key of Mandrill’s tests opens nothing for events', async () => {
    const { body } = examples.mandrill
    expect((await webhooks.post('mandrill', body, signed('mandrill', body, 'test-webhook'))).status).toBe(401)
  })
  test('a field that comes twice does not smuggle events past the key everybody knows', async () => {
    const { body } = examples.mandrill
    const forms = [
      `${body}&mandrill_events=%5B%5D`,
      `mandrill_events=%5B%5D&${body}`,
      `mandrill_events=%5B%5D&mandrill_event%73=${body.slice('mandrill_events='.length)}`,
      `mandrill_events=%5B%5D&mandrill_events[]=${body.slice('mandrill_events='.length)}`,
    ]
    for (const form of forms)
      for (const signedAs of [form, mandrillForm(), body])
        for (const key of ['test-webhook', webhookSecret]) {
          const { status } = await webhooks.post('mandrill', form, signed('mandrill', signedAs, key))
          expect([form, status]).toEqual([form, 401])
        }
    expect(await bodies()).toEqual([])
  })
  test('not even an account whose key was set to that of tests believes events signed with it', async () => {
    const { body } = examples.mandrill
    const headers = signed('mandrill', body, 'test-webhook')
    const request = { method: 'POST', uri: `${publicUrl}/webhooks/mandrill`, rawBody: Buffer.from(body) }
    const open = (keys: string[]) =>
      openWebhook('mandrill', keys, { ...request, header: (name) => headers[name], nowMs: Date.now() })
    expect(open(['test-webhook'])).toBeUndefined()
  })
  test('Meta gets its challenge back only with our token', async () => {
    const ask = (token: string) =>
      webhooks.call(
        'GET',
        `/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`,
      )
    expect(await ask('our-token')).toEqual({ status: 200, text: '1158201444' })
    expect(await ask('another')).toEqual({ status: 403, text: '' })
    expect(await ask('')).toEqual({ status: 403, text: '' })
  })
  test('other methods and other vendors are refused', async () => {
    expect((await webhooks.call('GET', '/webhooks/hubspot')).status).toBe(405)
    expect((await webhooks.call('PUT', '/webhooks/mailchimp', 'x')).status).toBe(405)
    expect((await webhooks.call('POST', '/webhooks/paypal', 'x')).status).toBe(404)
    expect((await webhooks.call('POST', '/webhooks/twenty/a/b', 'x')).status).toBe(404)
  })
})

/** The examples as another account's, signed with the same secret: an app has one for all accounts that use it. */
const foreign = {
  mailchimp: examples.mailchimp.body.replace('a6b5da1054', 'another1054'),
  whatsapp: examples.whatsapp.body.replace('106540352242922', '999'),
  hubspot: examples.hubspot.body.replace('62515', '99999'),
  twenty: '{"event":"person.updated","workspaceId":"another","data":{"id":"1"}}',
}

test.each(Object.entries(foreign) as [WebhookVendor, string][])(
  'an event of %s about another account is answered 200, noted without its text, and never applied',
  async (vendor, body) => {
    expect((await webhooks.post(vendor, body)).status).toBe(200)
    expect((await webhooks.post(vendor, body)).status).toBe(200)
    expect(await receipts(webhooks.api)).toMatchObject([{ state: 'FOREIGN', body: '' }])
    expect(await jobs()).toEqual([])
  },
)

test('events that name no account are believed only where the secret is the webhook’s own', async () => {
  const nameless = {
    mailchimp: mailchimpForm('cleaned', '2026-10-01 10:00:00', { email: 'a@example.com' }),
    hubspot: '[{"subscriptionType":"contact.creation","objectId":1}]',
    whatsapp: '{"entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"x"}]}}]}]}',
    twenty: examples.twenty.body,
  }
  for (const [vendor, body] of Object.entries(nameless)) await webhooks.post(vendor as WebhookVendor, body)
  const states = await receipts(webhooks.api)
  expect(states.map(({ state }) => state)).toEqual(['RECEIVED', 'FOREIGN', 'FOREIGN', 'RECEIVED'])
})

test('a batch is split into events, each kept once also when another batch repeats some of them', async () => {
  const event = (n: number, kind = 'open') => ({ event: kind, _id: `m${n}`, ts: 1_790_000_000 + n, msg: {} })
  const click = (url: string) => ({ ...event(1, 'click'), url })
  await webhooks.post('mandrill', mandrillForm(event(1), event(2), event(2), event(1, 'send')))
  await webhooks.post('mandrill', mandrillForm(event(2), event(3), click('https://a'), click('https://b')))
  const kept = (await bodies())
    .map((body) => JSON.parse(body))
    .map(({ _id, event, url }) => [_id, event, url])
  expect(kept).toEqual([
    ['m1', 'open', undefined],
    ['m2', 'open', undefined],
    ['m1', 'send', undefined],
    ['m3', 'open', undefined],
    ['m1', 'click', 'https://a'],
    ['m1', 'click', 'https://b'],
  ])
  expect(await jobs()).toHaveLength(6)
})

test('a thousand events at once, far beyond what GraphQL takes, are kept', async () => {
  const padding = 'x'.repeat(1_500)
  const events = Array.from({ length: 1_000 }, (_, n) => ({
    event: 'open',
    _id: `m${n}`,
    ts: 1_790_000_000,
    msg: { subject: padding },
  }))
  expect((await webhooks.post('mandrill', mandrillForm(...events))).status).toBe(200)
  expect(await jobs()).toHaveLength(1_000)
})

test('a body larger than any vendor sends is refused before it is read to its end', async () => {
  expect((await webhooks.post('twenty', 'x'.repeat(9_000_000), {})).status).toBe(413)
})

test('a signed body that is not of the documented form is refused, and odd parts of a good one are passed over', async () => {
  expect((await webhooks.post('hubspot', 'no json')).status).toBe(400)
  expect((await webhooks.post('mandrill', 'mandrill_events=%7B')).status).toBe(400)
  expect((await webhooks.post('whatsapp', '{"object":"other"}')).status).toBe(200)
  expect((await webhooks.post('hubspot', '[null,7,"x"]')).status).toBe(200)
  expect((await webhooks.post('mailchimp', mailchimpForm('', '', {}))).status).toBe(200)
  expect(await bodies()).toEqual([])
})

test('escaped letters in WhatsApp’s body are believed as they came', async () => {
  const body =
    '{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106540352242922"},"messages":[{"id":"wamid.x","text":{"body":"caf\\u00e9"}}]}}]}]}'
  expect((await webhooks.post('whatsapp', body)).status).toBe(200)
  expect(JSON.parse((await bodies())[0]!).message.text.body).toBe('café')
})

test('a workspace’s own account has an address of its own, which only its own secret opens', async () => {
  const { api, call } = webhooks
  const workspaceId = await api.addWorkspace()
  const key = await api.addKey({ role: 'ADMIN', workspaceId })
  const credentials = { apiKey: 'md-of-its-own', webhookSecrets: 'key-of-its-own' }
  const { data } = await api.ask(
    `mutation ($credentials: JSON!) {
      connectIntegration(input: { vendor: MANDRILL, settings: { fromEmail: "a@example.com" }, credentials: $credentials }) {
        ... on Integration { webhookPath }
      }
    }`,
    { credentials },
    { key },
  )
  const path = data.connectIntegration.webhookPath as string
  expect(path).toMatch(/^\/webhooks\/mandrill\/int_/)
  const body = examples.mandrill.body
  const post = (secret: string, to = path) =>
    call('POST', to, body, signed('mandrill', body, secret, `${publicUrl}${to}`))
  expect((await post(webhookSecret)).status).toBe(401)
  expect((await post('key-of-its-own', '/webhooks/mandrill')).status).toBe(401)
  expect((await post('key-of-its-own')).status).toBe(200)
  const rows = await api.world.fork().execute('select distinct workspace_id from webhook_receipt')
  expect(rows).toEqual([{ workspace_id: workspaceId }])
})
