import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import {
  startWebhooks,
  type Webhooks,
  whatsappAccountBody,
  whatsappBody,
} from '../../test/support/webhooks.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks()
})
afterAll(() => webhooks.close())
const crm = leadsOf(() => webhooks.api.world)
beforeEach(async () => {
  await crm.clear()
  await crm.rows('delete from webhook_receipt')
})

const waId = '16505551234'
const phone = `+${waId}`
const userId = 'US.13491208655302741918'
const noon = Date.UTC(2026, 9, 1, 12) / 1_000
const report = (value: Record<string, unknown>) => webhooks.report('whatsapp', whatsappBody(value))
let wamids = 0

test('what is written to another number, or to another business, denies no consent here and opens no conversation', async () => {
  const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
  const stop = {
    from: waId,
    id: 'wamid.foreign',
    timestamp: String(noon),
    type: 'text',
    text: { body: 'STOP' },
  }
  const bodies = [
    whatsappBody({ messages: [stop] }, '999999999999999'),
    whatsappBody({ messages: [stop] }).replace('102290129340398', '999999999999999'),
    whatsappBody({ messages: [stop], metadata: undefined }),
  ]
  for (const body of bodies) expect(await webhooks.report('whatsapp', body)).not.toContain('APPLIED')
  expect((await crm.lead(leadId)).whatsapp_consent).toBe('GRANTED')
  expect(await crm.suppressions()).toEqual([])
  expect(await crm.rows('select id from conversation')).toEqual([])
  // The same message to our own number counts.
  expect(await report({ messages: [stop] })).toEqual(['APPLIED'])
  expect((await crm.lead(leadId)).whatsapp_consent).toBe('DENIED')
})

describe('what became of a message', () => {
  async function welcomed() {
    const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
    const wamid = `wamid.sent${++wamids}`
    const messageId = await crm.addMessage(leadId, 'WHATSAPP', wamid)
    const status = (name: string, seconds = 0, more: object = {}) => ({
      id: wamid,
      status: name,
      timestamp: String(noon + seconds),
      recipient_id: waId,
      biz_opaque_callback_data: messageId,
      ...more,
    })
    return { leadId, messageId, status }
  }

  test('moves up whatever the order, and being read counts as being delivered', async () => {
    const { leadId, messageId, status } = await welcomed()
    await report({ statuses: [status('read', 9)] })
    await report({ statuses: [status('sent', 1), status('delivered', 2)] })
    expect(await crm.message(messageId)).toMatchObject({ delivery: 'READ' })
    expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_ACCEPTED', 'MESSAGE_READ'])
    const metrics = (await crm.facts()).map(({ metric }) => metric)
    expect(metrics.sort()).toEqual(['DELIVERED', 'OPENED', 'SENT', 'UNIQUE_OPENED'])
  })

  test('is known by our own id before the answer to our request is stored', async () => {
    const leadId = await crm.addLead({ phone })
    const messageId = await crm.addMessage(leadId, 'WHATSAPP')
    const early = { id: 'wamid.early', status: 'delivered', timestamp: String(noon) }
    await report({ statuses: [{ ...early, biz_opaque_callback_data: messageId }] })
    expect(await crm.message(messageId)).toMatchObject({
      state: 'ACCEPTED',
      delivery: 'DELIVERED',
      provider_message_id: 'wamid.early',
    })
  })

  const failed = (code: number) => ({ errors: [{ code, title: 'Message undeliverable' }] })

  test.each([
    [131026, 'UNREACHABLE', 'SUPPRESSED', 'GRANTED'],
    [131050, 'UNSUBSCRIBED', 'UNSUBSCRIBED', 'DENIED'],
  ])('error %i suppresses the number as %s', async (code, reason, told, consent) => {
    const { leadId, messageId, status } = await welcomed()
    await report({ statuses: [status('failed', 1, failed(code))] })
    expect(await crm.message(messageId)).toMatchObject({ delivery: 'FAILED', reason: String(code) })
    expect(await crm.suppressions()).toEqual([{ channel: 'WHATSAPP', address: phone, reason }])
    expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_ACCEPTED', 'MESSAGE_FAILED', told])
    expect((await crm.lead(leadId)).whatsapp_consent).toBe(consent)
  })

  test('other errors leave the number alone', async () => {
    const { status } = await welcomed()
    await report({ statuses: [status('failed', 1, failed(131049))] })
    expect(await crm.suppressions()).toEqual([])
  })

  test('that the number cannot be reached is over once the person writes, whichever report comes first', async () => {
    const { status } = await welcomed()
    await report({ statuses: [status('failed', 1, failed(131026))] })
    await write({ text: 'Hi', seconds: 10 })
    expect(await crm.suppressions()).toEqual([])
    await report({ statuses: [status('failed', 5, { id: 'wamid.other', ...failed(131026) })] })
    expect(await crm.suppressions()).toEqual([])
  })

  test('statuses nobody knows, and changes of other kinds, are passed over', async () => {
    const { status } = await welcomed()
    expect(await report({ statuses: [status('played')] })).toEqual(['IGNORED'])
    const body = JSON.stringify({
      entry: [
        {
          id: '102290129340398',
          changes: [{ field: 'message_template_status_update', value: { event: 'PAUSED' } }],
        },
      ],
    })
    expect(await webhooks.report('whatsapp', body)).toEqual(['IGNORED'])
  })
})

interface Written {
  text?: string
  seconds?: number
  from?: string | undefined
  user?: string | undefined
  more?: object
}

/** Somebody writes; by default the person with the phone number. */
function write({ text, seconds = 0, from = waId, user, more = {} }: Written) {
  const contact = {
    profile: { name: 'Sheena Nelson' },
    ...(from && { wa_id: from }),
    ...(user && { user_id: user }),
  }
  const message = {
    ...(from && { from }),
    ...(user && { from_user_id: user }),
    id: `wamid.in${++wamids}`,
    timestamp: String(noon + seconds),
    ...(text === undefined ? {} : { type: 'text', text: { body: text } }),
    ...more,
  }
  return report({ contacts: [contact], messages: [message] })
}
const writeUnseen = (written: Written) => write({ ...written, from: '' })

const conversations = () =>
  crm.rows(
    'select wa_id, user_id, lead_id, last_inbound_at, (select count(*) from inbound_message where conversation_id = conversation.id) as messages from conversation order by id',
  )

describe('what somebody writes', () => {
  test('is kept once, opens the window for answers, and is told and counted for the lead with the number', async () => {
    const leadId = await crm.addLead({ phone, source: 'fair' })
    const message = {
      from: waId,
      id: 'wamid.HBgL',
      timestamp: '1749416383',
      type: 'text',
      text: { body: 'Does it come in another color?' },
    }
    const contacts = [{ profile: { name: 'Sheena Nelson' }, wa_id: waId, user_id: userId }]
    await report({ contacts, messages: [message] })
    await webhooks.post('whatsapp', whatsappBody({ messages: [message] }))
    expect(await conversations()).toEqual([
      {
        wa_id: waId,
        user_id: userId,
        lead_id: leadId,
        last_inbound_at: '2025-06-08 20:59:43.000',
        messages: 1,
      },
    ])
    expect(await crm.rows('select provider_message_id, type, text from inbound_message')).toEqual([
      { provider_message_id: 'wamid.HBgL', type: 'text', text: 'Does it come in another color?' },
    ])
    expect(await crm.timeline(leadId)).toEqual([
      ['MESSAGE_RECEIVED', { channel: 'WHATSAPP', vendor: 'whatsapp' }],
    ])
    expect(await crm.facts()).toMatchObject([{ metric: 'REPLIED', source: 'fair', lead_id: leadId }])
  })

  test('that comes late does not move the window back', async () => {
    await write({ text: 'second', seconds: 60 })
    await write({ text: 'first', seconds: 0 })
    expect(await conversations()).toMatchObject([{ last_inbound_at: '2026-10-01 12:01:00.000', messages: 2 }])
  })

  test('goes on in the same conversation when a person known by number brings a user id, and later hides the number', async () => {
    await write({ text: 'one' })
    await write({ text: 'two', user: userId, seconds: 1 })
    await writeUnseen({ text: 'three', user: userId, seconds: 2 })
    await write({ text: 'four', seconds: 3 })
    expect(await conversations()).toMatchObject([{ wa_id: waId, user_id: userId, messages: 4 }])
  })

  test('turns two conversations into one when they show to be with one person', async () => {
    const leadId = await crm.addLead({ phone })
    await writeUnseen({ text: 'one', user: userId, seconds: 5 })
    await write({ text: 'two' })
    expect(await conversations()).toHaveLength(2)
    await write({ text: 'three', user: userId, seconds: 3 })
    expect(await conversations()).toMatchObject([
      {
        wa_id: waId,
        user_id: userId,
        lead_id: leadId,
        messages: 3,
        last_inbound_at: '2026-10-01 12:00:05.000',
      },
    ])
  })

  test('from a number with a new owner begins another conversation', async () => {
    await write({ text: 'one', user: userId })
    await write({ text: 'two', user: 'US.2', seconds: 1 })
    expect(await conversations()).toMatchObject([{ user_id: userId }, { user_id: 'US.2' }])
  })

  test.each([
    ['a button', { type: 'button', button: { text: 'Yes please', payload: 'x' } }, 'Yes please'],
    [
      'a reply',
      { type: 'interactive', interactive: { button_reply: { id: '1', title: 'Call me' } } },
      'Call me',
    ],
    ['a picture', { type: 'image', image: { id: '7', caption: 'Like this' } }, 'Like this'],
    ['a sticker', { type: 'sticker', sticker: { id: '7' } }, null],
    ['something new', { type: 'HOLOGRAM!' }, null],
  ])('may be %s', async (_, more, text) => {
    await write({ more })
    const type = /^[a-z]+$/.test(more.type) ? more.type : 'unknown'
    expect(await crm.rows('select type, text from inbound_message')).toEqual([{ type, text }])
  })

  test('belongs to a lead whose number WhatsApp spells otherwise', async () => {
    const mexican = await crm.addLead({ phone: '+525512345678' })
    const brazilian = await crm.addLead({ phone: '+5541987654321' })
    await write({ text: 'hola', from: '5215512345678' })
    await write({ text: 'oi', from: '554187654321' })
    expect((await conversations()).map((row) => (row as { lead_id: string }).lead_id)).toEqual([
      mexican,
      brazilian,
    ])
  })
})

describe('STOP and START', () => {
  test.each(['STOP', ' Stop! ', 'baja', 'Abmelden.', 'Désabonner', 'PARAR', 'stop promotions'])(
    '“%s” ends messages to the number',
    async (text) => {
      const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
      await write({ text })
      expect(await crm.suppressions()).toEqual([{ channel: 'WHATSAPP', address: phone, reason: 'STOP_WORD' }])
      expect((await crm.facts()).map(({ metric }) => metric)).toEqual(['REPLIED', 'UNSUBSCRIBED'])
      expect((await crm.lead(leadId)).whatsapp_consent).toBe('DENIED')
      expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_RECEIVED', 'UNSUBSCRIBED'])
    },
  )
  test.each(['When does it stop?', 'nonstop', 'I cannot come, stop by later'])(
    '“%s” is no wish to end them',
    async (text) => {
      await write({ text })
      expect(await crm.suppressions()).toEqual([])
    },
  )
  test('a button that says so counts as well, and START takes it back', async () => {
    const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
    await write({ more: { type: 'button', button: { text: 'Stop promotions' } }, seconds: 1 })
    await write({ text: 'Start', seconds: 2 })
    expect(await crm.suppressions()).toEqual([])
    expect((await crm.lead(leadId)).whatsapp_consent).toBe('GRANTED')
    expect((await crm.eventTypes(leadId)).filter((type) => type !== 'MESSAGE_RECEIVED')).toEqual([
      'UNSUBSCRIBED',
      'RESUBSCRIBED',
    ])
  })
  test('a STOP that comes after the START that followed it changes nothing', async () => {
    const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
    await write({ text: 'Start', seconds: 2 })
    await write({ text: 'Stop', seconds: 1 })
    expect(await crm.suppressions()).toEqual([])
    expect((await crm.lead(leadId)).whatsapp_consent).toBe('GRANTED')
  })
  test('of somebody without a number is remembered by the user id', async () => {
    await writeUnseen({ text: 'STOP', user: userId })
    expect(await crm.suppressions()).toMatchObject([{ address: userId, reason: 'STOP_WORD' }])
  })
})

test('a person who changes the number keeps conversation, lead and a STOP', async () => {
  const leadId = await crm.addLead({ phone, whatsappConsent: 'GRANTED' })
  await write({ text: 'Stop', user: userId })
  const system = {
    body: 'User Sheena Nelson changed from 16505551234 to 12195555358',
    wa_id: '12195555358',
    type: 'user_changed_number',
  }
  await write({ more: { type: 'system', system }, seconds: 60 })
  expect(await conversations()).toEqual([
    {
      wa_id: '12195555358',
      user_id: null,
      lead_id: leadId,
      last_inbound_at: '2026-10-01 12:00:00.000',
      messages: 1,
    },
  ])
  expect((await crm.lead(leadId)).phone).toBe('+12195555358')
  expect((await crm.timeline(leadId)).at(-1)).toEqual([
    'PHONE_CHANGED',
    { changed: ['phone'], vendor: 'whatsapp' },
  ])
  expect(await crm.suppressions()).toMatchObject([
    { address: '+12195555358', reason: 'STOP_WORD' },
    { address: phone, reason: 'STOP_WORD' },
  ])
})

describe('what becomes of a template', () => {
  const about = {
    message_template_id: 7,
    message_template_name: 'welcome_lead',
    message_template_language: 'en',
  }
  const tell = (field: string, value: object, seconds: number) =>
    webhooks.report('whatsapp', whatsappAccountBody(field, { ...about, ...value }, noon + seconds))
  const status = (event: string, seconds: number) =>
    tell('message_template_status_update', { event }, seconds)
  const template = async () => {
    const [row] = await crm.rows('select status, quality, category from whatsapp_template')
    return row
  }
  beforeEach(async () => {
    await crm.rows('delete from whatsapp_template')
    await crm.rows(
      `insert into whatsapp_template (id, workspace_id, name, language, status, category, body, variables, synced_at)
       values ('watpl_1', ?, 'welcome_lead', 'en', 'APPROVED', 'UTILITY', 'Hi', '[]', ?)`,
      [webhooks.api.world.actor.workspaceId, new Date(noon * 1_000)],
    )
  })

  test('is known at once: its state, its quality and its category', async () => {
    expect(await status('PAUSED', 10)).toEqual(['APPLIED'])
    expect(await template()).toEqual({ status: 'PAUSED', quality: null, category: 'UTILITY' })
    await tell(
      'message_template_quality_update',
      { previous_quality_score: 'GREEN', new_quality_score: 'RED' },
      11,
    )
    await tell('template_category_update', { previous_category: 'UTILITY', new_category: 'MARKETING' }, 12)
    expect(await template()).toEqual({ status: 'PAUSED', quality: 'RED', category: 'MARKETING' })
    await status('REINSTATED', 13)
    expect(await template()).toMatchObject({ status: 'APPROVED' })
  })

  test('is not undone by an older report that comes late, nor by one of something yet to come', async () => {
    await status('DISABLED', 20)
    expect(await status('APPROVED', 15)).toEqual(['IGNORED'])
    expect(await status('APPROVED', -60)).toEqual(['IGNORED'])
    expect(await status('FLAGGED', 30)).toEqual(['IGNORED'])
    expect(await tell('account_update', { event: 'DISABLED_UPDATE' }, 31)).toEqual(['IGNORED'])
    expect(await template()).toMatchObject({ status: 'DISABLED' })
  })

  test('that is not known here lets all templates be read anew', async () => {
    await tell('message_template_status_update', { event: 'APPROVED', message_template_language: 'de' }, 10)
    const jobs = await crm.rows("select state from job where name = 'whatsapp.templates'")
    expect(jobs).toHaveLength(1)
    expect(await template()).toMatchObject({ status: 'APPROVED' })
  })
})
