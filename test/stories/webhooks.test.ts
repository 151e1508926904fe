import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../queue/connection.ts'
import { untilFinal } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { mailchimpForm, mandrillForm, signed, whatsappBody } from '../support/webhooks.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem({ env: { LOG_LEVEL: 'trace' } })
})
afterAll(() => system?.close())

const email = 'canary.address@canaries.example'
const otherEmail = 'canary.other@canaries.example'
const phone = '+34612345678'
const name = 'Canaria O’Planted'
const text = 'a canary wrote these words'

const rows = <T extends object>(sql: string, values: unknown[] = []) =>
  system.orm.em.fork().execute<T[]>(sql, values)

async function createLead(): Promise<{ leadId: string; jobId: string }> {
  const input = {
    ...{ email, phone, firstName: name, locale: 'es' },
    ...{ emailConsent: 'GRANTED', whatsappConsent: 'GRANTED' },
  }
  const { createLead: created } = await system.ask<{
    createLead: { lead: { id: string }; job: { id: string } }
  }>(
    'mutation ($input: CreateLeadInput!) { createLead(input: $input) { ... on CreateLeadPayload { lead { id } job { id } } } }',
    { input },
  )
  await untilFinal(system, [created.job.id])
  return { leadId: created.lead.id, jobId: created.job.id }
}

const consentOf = async (leadId: string) => {
  const [lead] = await rows<{ email_consent: string; whatsapp_consent: string }>(
    'select email_consent, whatsapp_consent from `lead` where id = ?',
    [leadId],
  )
  return lead!
}
const act = (event: object) => system.sandbox('POST', '/events', event)
const send = async (vendor: 'mandrill' | 'whatsapp' | 'mailchimp', body: string, secret?: string) => {
  const url = system.url.replace('/graphql', `/webhooks/${vendor}`)
  const headers = signed(vendor, body, secret ?? system.env.MANDRILL_WEBHOOK_KEYS, url)
  return (await fetch(url, { method: 'POST', body, headers })).status
}

test('a lead reads, answers, unsubscribes and stops; what the vendors tell of it stays in the database alone', async () => {
  const { leadId } = await createLead()
  await act({ vendor: 'whatsapp', type: 'message', from: phone.slice(1), text })
  await act({ vendor: 'mailchimp', type: 'unsubscribe', email })
  await until('the unsubscription is known', async () => (await consentOf(leadId)).email_consent === 'DENIED')
  await act({ vendor: 'whatsapp', type: 'message', from: phone.slice(1), text: 'STOP' })
  await until('the STOP is known', async () => (await consentOf(leadId)).whatsapp_consent === 'DENIED')
  const told = ['MESSAGE_DELIVERED', 'MESSAGE_READ', 'MESSAGE_RECEIVED', 'UNSUBSCRIBED']
  await until('all of it is on the timeline', async () => {
    const seen = await rows<{ type: string }>('select type from lead_event where lead_id = ?', [leadId])
    return told.every((type) => seen.some((event) => event.type === type))
  })
  expect(await rows('select text from inbound_message order by at, id')).toContainEqual({ text })

  const msg = { email, subject: name, metadata: {} }
  await send('mandrill', mandrillForm({ event: 'hard_bounce', _id: 'm1', ts: 1_790_000_000, msg }))
  await send('mandrill', mandrillForm({ event: 'hard_bounce', _id: 'm2', ts: 1_790_000_000, msg }), 'wrong')
  const upemail = { old_email: email, new_email: otherEmail }
  await send('mailchimp', mailchimpForm('upemail', '2026-12-01 10:00:00', upemail))
  const broken = whatsappBody({ messages: [{ id: 'wamid.bad', from: phone, text: { body: text } }] })
  await send('whatsapp', broken)
  await send('whatsapp', `{${text} ${email}`)
  await until('all of it is applied', async () => {
    const open = await rows("select id from webhook_receipt where state = 'RECEIVED'")
    return open.length === 0
  })
  await until('no job is under way', async () => {
    const open = await rows("select id from job where state not in ('COMPLETED', 'DEAD', 'CANCELLED')")
    return open.length === 0
  })

  const planted = [email, otherEmail, phone.slice(1), 'Canaria', text, ...secrets()]
  const places = {
    logs: [system.api, system.worker, ...system.dispatchers].map((process) => process.log()).join('\n'),
    redis: await everythingInRedis(),
    jobs: await printed('job'),
    attempts: await printed('job_attempt'),
    lines: await printed('job_log'),
    events: await printed('lead_event'),
    facts: await printed('fact'),
    audit: await printed('audit'),
  }
  expect(places.logs).toContain('A webhook was not taken')
  expect(places.redis).toContain('webhook.receive')
  for (const [place, content] of Object.entries(places))
    for (const canary of planted)
      expect(content.includes(canary) && `${canary} in ${place}`, `${canary} in ${place}`).toBe(false)
})

function secrets(): string[] {
  const names = [
    'MANDRILL_WEBHOOK_KEYS',
    'MAILCHIMP_API_KEY',
    'MANDRILL_API_KEY',
    'WHATSAPP_TOKEN',
    'HUBSPOT_TOKEN',
  ]
  return names.map((setting) => system.env[setting]!)
}

const printed = async (table: string) => JSON.stringify(await rows(`select * from ${table}`))

/** Every key of this system in Redis with what is in it. */
async function everythingInRedis(): Promise<string> {
  const redis = connect(system.env.REDIS_URL!, 'patient', () => undefined)
  try {
    const keys = await redis.keys(`*${system.env.REDIS_PREFIX}*`)
    const contents = await Promise.all(keys.map((key) => contentOf(redis, key)))
    return JSON.stringify(keys.map((key, index) => [key, contents[index]]))
  } finally {
    redis.disconnect()
  }
}

async function contentOf(redis: ReturnType<typeof connect>, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return redis.hgetall(key)
    case 'stream':
      return redis.xrange(key, '-', '+')
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'set':
      return redis.smembers(key)
    case 'zset':
      return redis.zrange(key, 0, '-1')
    case 'string':
      return redis.get(key)
    default:
      return null
  }
}
