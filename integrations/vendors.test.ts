import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHubspot } from './hubspot/hubspot.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { type Stub, startStub } from './stub.ts'
import { createWhatsapp } from './whatsapp/whatsapp.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: {} })
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const seen = () => {
  const { method, path, body, headers } = stub.requests.at(-1)!
  expect(headers['x-correlation-id']).toBe('corr-1')
  return { method, path, body, authorization: headers.authorization }
}

describe('Mailchimp', () => {
  const hash = '9e26471d35a78862c17e467d87cddedf'
  const mailchimp = () =>
    createMailchimp({ baseUrl: `${stub.url}/mc/3.0`, apiKey: 'key-us19', listId: 'a6b5da1054' })
  const authorization = `Basic ${Buffer.from('anystring:key-us19').toString('base64')}`

  test('ping asks for the health with basic auth', async () => {
    await mailchimp().ping(context)
    expect(seen()).toEqual({ method: 'GET', path: '/mc/3.0/ping', body: undefined, authorization })
  })

  test('the subscriber hash ignores upper and lower case', () => {
    expect(mailchimp().subscriberHash('Jane@Example.com')).toBe(hash)
  })

  test('a member is put with status_if_new and never with status or tags', async () => {
    stub.reply = {
      body: { id: hash, contact_id: 'c1', status: 'pending', email_address: 'jane@example.com' },
    }
    const person = {
      email: 'Jane@example.com',
      firstName: 'Jane',
      language: 'en',
      mergeFields: { LTV: '3', PHONE: '' },
    }
    const member = await mailchimp().upsertMember({ ...person, statusIfNew: 'pending' }, context)
    expect(member).toEqual({ memberId: hash, contactId: 'c1', status: 'pending' })
    expect(seen()).toEqual({
      method: 'PUT',
      path: `/mc/3.0/lists/a6b5da1054/members/${hash}?skip_merge_validation=true`,
      body: {
        email_address: 'Jane@example.com',
        status_if_new: 'pending',
        merge_fields: { FNAME: 'Jane', LTV: '3', PHONE: '' },
        language: 'en',
      },
      authorization,
    })
  })

  test('tags are added by their own call, which answers without a body', async () => {
    stub.reply = { status: 204 }
    await mailchimp().tagMember({ email: 'jane@example.com', tags: ['vip', 'lead'] }, context)
    const tags = ['vip', 'lead'].map((name) => ({ name, status: 'active' }))
    expect(seen()).toMatchObject({
      method: 'POST',
      path: `/mc/3.0/lists/a6b5da1054/members/${hash}/tags`,
      body: { tags },
    })
  })

  test('no tags, no call', async () => {
    await mailchimp().tagMember({ email: 'jane@example.com', tags: [] }, context)
    expect(stub.requests).toHaveLength(0)
  })
})

describe('WhatsApp', () => {
  const whatsapp = () =>
    createWhatsapp({ baseUrl: `${stub.url}/wa/v25.0`, token: 'tok', phoneNumberId: '1065' })
  const text = { to: '+16505551234', template: 'order', language: 'en_US', callbackData: 'd_991' }

  test('check reads the state of the sending number', async () => {
    stub.reply = { body: { id: '1065', display_phone_number: '15550783881', quality_rating: 'GREEN' } }
    const number = { displayPhoneNumber: '15550783881', verifiedName: undefined, qualityRating: 'GREEN' }
    expect(await whatsapp().check(context)).toEqual(number)
    const path = '/wa/v25.0/1065?fields=display_phone_number,verified_name,quality_rating'
    expect(seen()).toMatchObject({ method: 'GET', path, authorization: 'Bearer tok' })
  })

  test('a template is sent to digits without plus and answered with id, WhatsApp id and status', async () => {
    stub.reply = {
      body: {
        contacts: [{ input: '+16505551234', wa_id: '16505551230' }],
        messages: [{ id: 'wamid.1', message_status: 'held_for_quality_assessment' }],
      },
    }
    const sent = await whatsapp().sendTemplate({ ...text, bodyParameters: ['Jane', 'A-17'] }, context)
    expect(sent).toEqual({ messageId: 'wamid.1', waId: '16505551230', status: 'held_for_quality_assessment' })
    const parameters = ['Jane', 'A-17'].map((value) => ({ type: 'text', text: value }))
    const language = { code: 'en_US' }
    expect(seen()).toMatchObject({
      method: 'POST',
      path: '/wa/v25.0/1065/messages',
      authorization: 'Bearer tok',
    })
    expect(seen().body).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '16505551234',
      type: 'template',
      template: { name: 'order', language, components: [{ type: 'body', parameters }] },
      biz_opaque_callback_data: 'd_991',
    })
  })

  test('a template without values has no components; without contacts the number sent to is the WhatsApp id', async () => {
    stub.reply = { body: { messages: [{ id: 'wamid.1' }] } }
    const sent = await whatsapp().sendTemplate({ ...text, bodyParameters: [] }, context)
    expect(sent).toEqual({ messageId: 'wamid.1', waId: '16505551234', status: 'accepted' })
    expect(seen().body).toHaveProperty('template', { name: 'order', language: { code: 'en_US' } })
  })
})

describe('HubSpot', () => {
  const hubspot = () => createHubspot({ baseUrl: `${stub.url}/hs`, token: 'pat', apiVersion: '2026-09' })
  const contact = { email: 'jane@example.com', properties: { firstname: 'Jane', lifecyclestage: 'lead' } }

  test('ping reads property definitions, no personal data', async () => {
    await hubspot().ping(context)
    const authorization = 'Bearer pat'
    expect(seen()).toMatchObject({
      method: 'GET',
      path: '/hs/crm/properties/2026-09/contacts',
      authorization,
    })
  })

  test.each([
    ['created', 200, true],
    ['updated', 200, false],
    ['created in a multi-status answer', 207, true],
  ])('a contact is %s by a batch of one', async (_, status, created) => {
    stub.reply = {
      status,
      body: { status: 'COMPLETE', results: [{ id: '512', properties: {}, new: created }] },
    }
    expect(await hubspot().upsertContact(contact, context)).toEqual({ contactId: '512', created })
    const input = {
      id: contact.email,
      idProperty: 'email',
      properties: { email: contact.email, ...contact.properties },
    }
    expect(seen()).toEqual({
      method: 'POST',
      path: '/hs/crm/objects/2026-09/contacts/batch/upsert',
      body: { inputs: [input] },
      authorization: 'Bearer pat',
    })
  })
})
