import { expect, test } from 'vitest'
import {
  escapedJson,
  signHubSpot,
  signMailchimp,
  signMandrill,
  signTwenty,
  signWhatsApp,
  subscriberHash,
} from './signatures.ts'

// The worked examples of integrations.md, section 8.

test('a Mailchimp webhook carries the signature of example 8.1', () => {
  const body =
    'type=subscribe&fired_at=2026-09-21+13%3A33%3A20&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=jane%40example.com&data%5Bemail_type%5D=html&data%5Bmerges%5D%5BFNAME%5D=Jane'
  expect(signMailchimp('mc_whsec_0123456789abcdef', body, 1_790_000_000)).toBe(
    't=1790000000,v1=47ce73c9c6c7c79ed2c07b36d3c76788497248d5db1a69e5444da3abdbc1c152',
  )
})

test('a Mandrill webhook carries the signature of example 8.2', () => {
  const url = 'https://hooks.example.com/webhooks/mandrill?tenant=t1'
  const mandrill_events =
    '[{"event":"hard_bounce","_id":"abcdef012345789abcdef012345789","ts":1461095246,"msg":{"_id":"abcdef012345789abcdef012345789","email":"bounce@example.com","bounce_description":"bad_mailbox"}}]'
  expect(signMandrill('TEST_WEBHOOK_KEY', url, { mandrill_events })).toBe('//QJJqCvBNGp8/a4mp0WGkdVbTU=')
  expect(signMandrill('test-webhook', url, { mandrill_events: '[]' })).toBe('Xre9Wa4ZOC7zQ728IQCPaO8d8+o=')
})

test('a WhatsApp webhook carries the signature of example 8.3, over text with escaped accents', () => {
  const secret = 'app_secret_0123456789abcdef'
  const body =
    '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"statuses":[{"id":"wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA","status":"delivered","timestamp":"1750030073","recipient_id":"16505551234"}]},"field":"messages"}]}]}'
  expect(signWhatsApp(secret, body)).toBe(
    'sha256=043257d4ec29cf60fe3e39f9e3792d7bbfe9dcb06f62240308d0914ad7282e7d',
  )
  expect(escapedJson({ text: 'café' })).toBe('{"text":"caf\\u00e9"}')
  expect(signWhatsApp(secret, escapedJson({ text: 'café' }))).toBe(
    'sha256=104d17b45ec6f544d64f8f32aa311eee2b535ac85378d0f559161a1e1c060c65',
  )
  expect(signWhatsApp(secret, JSON.stringify({ text: 'café' }))).toBe(
    'sha256=5af8ef40c2b1ae2fed71cb67a5e42eb97f94c8df2f4fa150c8f54a128e31770b',
  )
})

test('a HubSpot webhook carries the signature of example 8.4', () => {
  const body =
    '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
  const url = 'https://hooks.example.com/webhooks/hubspot'
  expect(signHubSpot('yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy', url, body, 1_790_000_000_000)).toBe(
    'GJQERPrhUExqh/3QdyzwL9WtLBk1/pHKhbiBqufr0p8=',
  )
})

test('a Twenty webhook carries the signature of example 8.5', () => {
  expect(signTwenty('tw_secret', '{"event":"person.created","data":{"id":"1"}}', 1_790_000_000_000)).toBe(
    '5541ad25972c2d0bec4fbb67b2d0220e62445fc309b1002fc1b0328739d96cf6',
  )
})

test('the subscriber hash of example 8.6 does not depend on capitals', () => {
  expect(subscriberHash('Jane@Example.com')).toBe('9e26471d35a78862c17e467d87cddedf')
})
