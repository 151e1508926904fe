import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifyHubspot, verifyMailchimp, verifyMandrill, verifyTwenty, verifyWhatsapp } from './signatures.ts'

describe('Mailchimp', () => {
  const secret = 'mc_whsec_0123456789abcdef'
  const seconds = 1_790_000_000
  const now = seconds * 1000
  const body =
    'type=subscribe&fired_at=2026-09-21+13%3A33%3A20&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=jane%40example.com&data%5Bemail_type%5D=html&data%5Bmerges%5D%5BFNAME%5D=Jane'
  const v1 = '47ce73c9c6c7c79ed2c07b36d3c76788497248d5db1a69e5444da3abdbc1c152'
  const header = `t=${seconds},v1=${v1}`
  const signed = (key: string, time: number) =>
    createHmac('sha256', key).update(`${time}.${body}`).digest('hex')

  test('the worked example of a Mailchimp webhook is accepted, as text and as bytes', () => {
    expect(verifyMailchimp(secret, body, header, now)).toBe(true)
    expect(verifyMailchimp([secret], Buffer.from(body), header, now)).toBe(true)
    expect(verifyMailchimp(secret, body, `t=${seconds}, v1=${v1}`, now)).toBe(true)
  })

  test('a wrong secret, another body, and a body that was parsed and written again are rejected', () => {
    expect(verifyMailchimp('other', body, header, now)).toBe(false)
    expect(verifyMailchimp(secret, body.replace('Jane', 'Joan'), header, now)).toBe(false)
    expect(verifyMailchimp(secret, body.replaceAll('+', '%20'), header, now)).toBe(false)
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['without a time', `v1=${v1}`],
    ['without a signature', `t=${seconds}`],
    ['with an empty signature', `t=${seconds},v1=`],
    ['cut short', header.slice(0, -1)],
    ['of another version', `t=${seconds},v2=${v1}`],
    ['with two times', `t=${seconds},t=${seconds + 1},v1=${v1}`],
    ['with a time that is no number', `t=1e9,v1=${v1}`],
    ['nothing but the signature', v1],
  ])('a header that is %s is rejected', (_, given) => {
    expect(verifyMailchimp(secret, body, given, now)).toBe(false)
  })

  test('five minutes old or ahead is accepted, a millisecond more is not', () => {
    for (const away of [300_000, -300_000])
      expect(verifyMailchimp(secret, body, header, now + away)).toBe(true)
    for (const away of [300_001, -300_001])
      expect(verifyMailchimp(secret, body, header, now + away)).toBe(false)
  })

  test('an old webhook with a new time is rejected: the time is signed, too', () => {
    const replayed = `t=${seconds + 3_600},v1=${v1}`
    expect(verifyMailchimp(secret, body, replayed, now + 3_600_000)).toBe(false)
  })

  test('one right signature among several is enough', () => {
    const other = signed('new', seconds)
    expect(verifyMailchimp(secret, body, `t=${seconds},v1=${other},v1=${v1}`, now)).toBe(true)
    expect(verifyMailchimp(secret, body, `t=${seconds},v1=${other},v1=${other}`, now)).toBe(false)
  })

  test('the secrets of the old and the new webhook are both accepted while one is made anew', () => {
    const secrets = [secret, 'new']
    expect(verifyMailchimp(secrets, body, header, now)).toBe(true)
    expect(verifyMailchimp(secrets, body, `t=${seconds},v1=${signed('new', seconds)}`, now)).toBe(true)
    expect(verifyMailchimp(['new'], body, header, now)).toBe(false)
  })

  test('no secret and an empty secret fit nothing', () => {
    const forged = `t=${seconds},v1=${signed('', seconds)}`
    expect(verifyMailchimp(['', secret], body, forged, now)).toBe(false)
    expect(verifyMailchimp([], body, header, now)).toBe(false)
  })
})

describe('Mandrill', () => {
  const url = 'https://hooks.example.com/webhooks/mandrill?tenant=t1'
  const events =
    '[{"event":"hard_bounce","_id":"abcdef012345789abcdef012345789","ts":1461095246,"msg":{"_id":"abcdef012345789abcdef012345789","email":"bounce@example.com","bounce_description":"bad_mailbox"}}]'
  const signature = '//QJJqCvBNGp8/a4mp0WGkdVbTU='

  test('the worked example is accepted', () => {
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, { mandrill_events: events }, signature)).toBe(true)
  })

  test('the test of a new webhook is signed with the key test-webhook', () => {
    const header = 'Xre9Wa4ZOC7zQ728IQCPaO8d8+o='
    expect(verifyMandrill('test-webhook', url, { mandrill_events: '[]' }, header)).toBe(true)
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, { mandrill_events: '[]' }, header)).toBe(false)
  })

  test('the old and the new key are both accepted while the key is rotated', () => {
    const fields = { mandrill_events: events }
    expect(verifyMandrill(['new', 'TEST_WEBHOOK_KEY'], url, fields, signature)).toBe(true)
    expect(verifyMandrill(['new', 'newer'], url, fields, signature)).toBe(false)
  })

  test('fields are signed in the order of their names', () => {
    const header = createHmac('sha1', 'k').update(`${url}a1b2`).digest('base64')
    expect(verifyMandrill('k', url, { b: '2', a: '1' }, header)).toBe(true)
  })

  test('another URL, other events, a cut or missing signature are rejected', () => {
    const fields = { mandrill_events: events }
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url.replace('t1', 't2'), fields, signature)).toBe(false)
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, { mandrill_events: '[]' }, signature)).toBe(false)
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, fields, signature.slice(1))).toBe(false)
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, fields, '')).toBe(false)
    expect(verifyMandrill('TEST_WEBHOOK_KEY', url, fields, undefined)).toBe(false)
  })
})

describe('WhatsApp', () => {
  const secret = 'app_secret_0123456789abcdef'
  const body =
    '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"statuses":[{"id":"wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA","status":"delivered","timestamp":"1750030073","recipient_id":"16505551234"}]},"field":"messages"}]}]}'
  const signature = 'sha256=043257d4ec29cf60fe3e39f9e3792d7bbfe9dcb06f62240308d0914ad7282e7d'

  test('the worked example is accepted, as text and as bytes', () => {
    expect(verifyWhatsapp(secret, body, signature)).toBe(true)
    expect(verifyWhatsapp(secret, Buffer.from(body), signature)).toBe(true)
  })

  test('a body with escaped unicode is accepted raw and rejected after parsing and printing', () => {
    const header = 'sha256=104d17b45ec6f544d64f8f32aa311eee2b535ac85378d0f559161a1e1c060c65'
    const raw = '{"text":"caf\\u00e9"}'
    expect(verifyWhatsapp(secret, raw, header)).toBe(true)
    expect(verifyWhatsapp(secret, JSON.stringify(JSON.parse(raw)), header)).toBe(false)
  })

  test('the old and the new secret are both accepted while the secret is rotated', () => {
    expect(verifyWhatsapp(['new', secret], body, signature)).toBe(true)
    expect(verifyWhatsapp(['new'], body, signature)).toBe(false)
  })

  test('a signature without its prefix, a missing one and any with an empty secret are rejected', () => {
    expect(verifyWhatsapp(secret, body, signature.replace('sha256=', ''))).toBe(false)
    expect(verifyWhatsapp(secret, body, undefined)).toBe(false)
    const forged = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`
    expect(verifyWhatsapp(['', secret], body, forged)).toBe(false)
    expect(verifyWhatsapp([], body, forged)).toBe(false)
  })
})

describe('HubSpot', () => {
  const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'
  const timestamp = '1790000000000'
  const now = Number(timestamp)
  const body =
    '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
  const request = {
    method: 'POST',
    uri: 'https://hooks.example.com/webhooks/hubspot',
    rawBody: body,
    timestamp,
  }
  const signature = 'GJQERPrhUExqh/3QdyzwL9WtLBk1/pHKhbiBqufr0p8='

  test('the worked example of HubSpot’s v3 signature is accepted, as text and as bytes', () => {
    expect(verifyHubspot(secret, request, signature, now)).toBe(true)
    expect(verifyHubspot(secret, { ...request, rawBody: Buffer.from(body) }, signature, now)).toBe(true)
  })

  test('a signature of HubSpot is good for five minutes, before and after, and no longer', () => {
    expect(verifyHubspot(secret, request, signature, now + 300_000)).toBe(true)
    expect(verifyHubspot(secret, request, signature, now + 300_001)).toBe(false)
    expect(verifyHubspot(secret, request, signature, now - 300_000)).toBe(true)
    expect(verifyHubspot(secret, request, signature, now - 300_001)).toBe(false)
  })

  test('the twelve escapes are decoded before HubSpot’s signature is compared, others are not', () => {
    const decoded = "https://hooks.example.com/w?a=:/?@!$'()*,;&b=%20%26%C3%A9"
    const sent = 'https://hooks.example.com/w?a=%3A%2f%3F%40%21%24%27%28%29%2A%2c%3B&b=%20%26%C3%A9'
    const header = createHmac('sha256', secret).update(`POST${decoded}${body}${timestamp}`).digest('base64')
    expect(verifyHubspot(secret, { ...request, uri: sent }, header, now)).toBe(true)
  })

  test('another secret, method, address, body or time fails HubSpot’s signature; an old secret passes while it is listed', () => {
    expect(verifyHubspot('other', request, signature, now)).toBe(false)
    expect(verifyHubspot(['new', secret], request, signature, now)).toBe(true)
    expect(verifyHubspot(secret, { ...request, method: 'PUT' }, signature, now)).toBe(false)
    expect(verifyHubspot(secret, { ...request, uri: `${request.uri}?x=1` }, signature, now)).toBe(false)
    expect(verifyHubspot(secret, { ...request, rawBody: `${body} ` }, signature, now)).toBe(false)
    expect(verifyHubspot(secret, { ...request, timestamp: '1790000000001' }, signature, now)).toBe(false)
  })

  test('HubSpot’s unkeyed v1 and v2 signatures, a missing header and a missing time are rejected', () => {
    const v1 = '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de'
    expect(verifyHubspot(secret, request, v1, now)).toBe(false)
    expect(verifyHubspot(secret, request, undefined, now)).toBe(false)
    expect(verifyHubspot(secret, { ...request, timestamp: undefined }, signature, now)).toBe(false)
    expect(verifyHubspot(secret, { ...request, timestamp: '' }, signature, 0)).toBe(false)
    const forged = createHmac('sha256', '').update(`POST${request.uri}${body}${timestamp}`).digest('base64')
    expect(verifyHubspot('', request, forged, now)).toBe(false)
    expect(verifyHubspot([], request, forged, now)).toBe(false)
  })
})

describe('Twenty', () => {
  const [secret, timestamp, body] = [
    'tw_secret',
    '1790000000000',
    '{"event":"person.created","data":{"id":"1"}}',
  ]
  const now = Number(timestamp)
  const signature = '5541ad25972c2d0bec4fbb67b2d0220e62445fc309b1002fc1b0328739d96cf6'

  test('the worked example of Twenty is accepted, as text and as bytes, also while its secret is rotated', () => {
    expect(verifyTwenty(secret, body, timestamp, signature, now)).toBe(true)
    expect(verifyTwenty(['new', secret], Buffer.from(body), timestamp, signature, now)).toBe(true)
  })

  test('a signature of Twenty is good for five minutes and no longer', () => {
    expect(verifyTwenty(secret, body, timestamp, signature, now + 300_000)).toBe(true)
    expect(verifyTwenty(secret, body, timestamp, signature, now + 300_001)).toBe(false)
  })

  test('another secret, body or time, a missing header or time and an empty secret fail Twenty’s signature', () => {
    expect(verifyTwenty('new', body, timestamp, signature, now)).toBe(false)
    expect(verifyTwenty(secret, `${body} `, timestamp, signature, now)).toBe(false)
    expect(verifyTwenty(secret, body, '1790000000001', signature, now)).toBe(false)
    expect(verifyTwenty(secret, body, timestamp, undefined, now)).toBe(false)
    expect(verifyTwenty(secret, body, undefined, signature, now)).toBe(false)
    const forged = createHmac('sha256', '').update(`${timestamp}:${body}`).digest('hex')
    expect(verifyTwenty('', body, timestamp, forged, now)).toBe(false)
  })
})
