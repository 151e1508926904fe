import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallSettings } from '../client.ts'
import type { Gate } from '../gate.ts'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createMailchimp, type MailchimpSettings } from './mailchimp.ts'

const hash = '9e26471d35a78862c17e467d87cddedf'
const authorization = `Basic ${Buffer.from('anystring:key-us19').toString('base64')}`
const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const answer = {
  id: hash,
  contact_id: 'c1',
  email_address: 'jane@example.com',
  status: 'pending',
  last_changed: '2026-11-24T10:00:00+00:00',
  unique_email_id: 'ignored',
}
const jane = {
  memberId: hash,
  contactId: 'c1',
  email: 'jane@example.com',
  status: 'pending',
  lastChanged: new Date('2026-11-24T10:00:00Z'),
}

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: answer })
})
afterEach(() => stub[Symbol.asyncDispose]())

const idleGate = {
  inspect: () => Promise.reject(new Error('not asked here')),
  force: () => Promise.reject(new Error('not asked here')),
}
const mailchimp = (settings: CallSettings & Pick<MailchimpSettings, 'mergeMapping'> = {}) =>
  createMailchimp({ baseUrl: `${stub.url}/mc/3.0`, apiKey: 'key-us19', listId: 'a6b5da1054', ...settings })
const seen = () => {
  const { method, path, body, headers } = stub.requests.at(-1)!
  expect(headers['x-correlation-id']).toBe('corr-1')
  return { method, path, body, authorization: headers.authorization }
}
const list = '/mc/3.0/lists/a6b5da1054'

test('ping asks for the health with basic auth', async () => {
  await mailchimp().ping(context)
  expect(seen()).toEqual({ method: 'GET', path: '/mc/3.0/ping', body: undefined, authorization })
})

describe('one contact of the audience', () => {
  test('has a subscriber hash that ignores upper and lower case', () => {
    expect(mailchimp().subscriberHash('jane@example.com')).toBe(hash)
    expect(mailchimp().subscriberHash('Jane@Example.com')).toBe(hash)
  })

  test('is put with status_if_new and never with status or tags', async () => {
    const names = { firstName: 'Jane', mergeFields: { LTV: '3', PHONE: '' } }
    const person = { email: 'Jane@example.com', locale: 'en', statusIfNew: 'pending', ...names } as const
    expect(await mailchimp().upsertMember(person, context)).toEqual({ ...jane, unfit: [] })
    expect(stub.requests).toHaveLength(1)
    expect(seen()).toEqual({
      method: 'PUT',
      path: `${list}/members/${hash}?skip_merge_validation=true`,
      body: {
        email_address: 'Jane@example.com',
        status_if_new: 'pending',
        merge_fields: { FNAME: 'Jane', LTV: '3', PHONE: '' },
        language: 'en',
      },
      authorization,
    })
  })

  test('is tagged by a call of its own, which answers without a body', async () => {
    stub.reply = { status: 204 }
    await mailchimp().tagMember({ member: 'jane@example.com', tags: ['vip', 'lead'] }, context)
    const tags = ['vip', 'lead'].map((name) => ({ name, status: 'active' }))
    const path = `${list}/members/${hash}/tags`
    expect(seen()).toEqual({ method: 'POST', path, body: { tags }, authorization })
  })

  test('without tags to add needs no call', async () => {
    await mailchimp().tagMember({ member: 'jane@example.com', tags: [] }, context)
    expect(stub.requests).toHaveLength(0)
  })

  test('is read with only the fields we keep; one that is not there is undefined', async () => {
    expect(await mailchimp().member('Jane@example.com', context)).toEqual(jane)
    const path = `${list}/members/${hash}?fields=id,contact_id,email_address,status,last_changed,timestamp_opt`
    expect(seen()).toEqual({ method: 'GET', path, body: undefined, authorization })
    stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
    expect(await mailchimp().member('jane@example.com', context)).toBeUndefined()
  })

  test('is archived, and erased for good, also when it is gone already', async () => {
    stub.reply = { status: 204 }
    await mailchimp().archiveMember('jane@example.com', context)
    const path = `${list}/members/${hash}`
    expect(seen()).toEqual({ method: 'DELETE', path, body: undefined, authorization })
    await mailchimp().deleteMemberForever('jane@example.com', context)
    const erase = `${path}/actions/delete-permanent`
    expect(seen()).toEqual({ method: 'POST', path: erase, body: undefined, authorization })
    stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
    await mailchimp().archiveMember('jane@example.com', context)
    await mailchimp().deleteMemberForever('jane@example.com', context)
    expect(stub.requests).toHaveLength(4)
  })

  test('that Mailchimp will not let go is PERMANENT', async () => {
    stub.reply = { status: 405, body: { title: 'Method Not Allowed' } }
    const error = await failureOf(mailchimp().archiveMember('jane@example.com', context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', status: 405 })
  })
})

describe('fields of ours that are mapped to merge fields', () => {
  const field = (tag: string, type: string) => ({ tag, type })
  const person = { email: 'jane@example.com', statusIfNew: 'subscribed', firstName: 'Jane' } as const
  const since = new Date('2026-11-24T23:30:00Z')
  const audience = [
    field('FNAME', 'text'),
    field('LNAME', 'text'),
    field('COMPANY', 'text'),
    field('SINCE', 'date'),
    field('SIZE', 'number'),
  ]
  const answerWith = (merge_fields: object[]) => {
    stub.reply = (request, response) => {
      const reads = request.url?.includes('/merge-fields')
      response.end(JSON.stringify(reads ? { merge_fields } : answer))
    }
  }
  const put = async (mergeMapping: Record<string, string>, fields: Record<string, string | Date | null>) => {
    const { unfit } = await mailchimp({ mergeMapping }).upsertMember({ ...person, fields }, context)
    return { unfit, written: (seen().body as { merge_fields: object }).merge_fields }
  }
  beforeEach(() => answerWith(audience))

  test('are written as their types want them, beside the names; what is not mapped stays here', async () => {
    const mapping = { company: 'COMPANY', createdAt: 'SINCE', 'customFields.size': 'SIZE' }
    const fields = { company: null, createdAt: since, 'customFields.size': '40', source: 'fair' }
    const written = { FNAME: 'Jane', COMPANY: '', SINCE: '2026-11-24', SIZE: '40' }
    expect(await put(mapping, fields)).toEqual({ unfit: [], written })
  })

  test('are left out and named when their value does not fit', async () => {
    const mapping = { company: 'COMPANY', 'customFields.size': 'SIZE' }
    const fields = { company: 'Roe Ltd', 'customFields.size': 'many' }
    const written = { FNAME: 'Jane', COMPANY: 'Roe Ltd' }
    expect(await put(mapping, fields)).toEqual({ unfit: ['customFields.size'], written })
  })

  test('are left out when the mapping is wrong about them, and nothing else is', async () => {
    const mapping = {
      company: 'COMPANY',
      phone: 'GONE',
      emailConsentAt: 'SIZE',
      shoe: 'SINCE',
      firstName: 'X',
    }
    const fields = { company: 'Roe Ltd', phone: '+34612345678', emailConsentAt: since, shoe: '42' }
    expect(await put(mapping, fields)).toEqual({ unfit: [], written: { FNAME: 'Jane', COMPANY: 'Roe Ltd' } })
  })

  test('may take the place of a name, and a name may go elsewhere', async () => {
    const fields = { company: 'Roe Ltd' }
    expect((await put({ company: 'FNAME' }, fields)).written).toEqual({ FNAME: 'Roe Ltd' })
    expect((await put({ firstName: 'LNAME' }, fields)).written).toEqual({ LNAME: 'Jane' })
  })

  test('cost one reading of the audience for many contacts, and another when it failed', async () => {
    const client = mailchimp({ mergeMapping: { company: 'COMPANY' } })
    const reads = () => stub.requests.filter(({ path }) => path.includes('/merge-fields')).length
    stub.reply = { status: 503 }
    expect(await failureOf(client.upsertMember(person, context))).toMatchObject({ errorClass: 'TRANSIENT' })
    answerWith(audience)
    const people = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...person, email: `${name}@example.com` }))
    await client.upsertMembers(people, context)
    await client.upsertMember(person, context)
    expect(reads()).toBe(2)
    expect(stub.requests).toHaveLength(9)
  })

  test('never show in the text of an error', async () => {
    stub.reply = (request, response) => {
      const detail = 'Roe Ltd is not a company'
      const reads = request.url?.includes('/merge-fields')
      response.writeHead(reads ? 200 : 400)
      response.end(JSON.stringify(reads ? { merge_fields: audience } : { title: 'Invalid Resource', detail }))
    }
    const error = await failureOf(put({ company: 'COMPANY' }, { company: 'Roe Ltd' }))
    expect((error as Error).message).not.toContain('Roe')
  })
})

describe('a page of contacts', () => {
  const fields =
    'fields=members.id,members.contact_id,members.email_address,members.status,members.last_changed,total_items'

  test('is ordered by last change and small', async () => {
    stub.reply = { body: { members: [answer], total_items: 2_001 } }
    const page = await mailchimp().memberPage({ offset: 1_000, count: 500 }, context)
    expect(page).toEqual({ members: [jane], total: 2_001 })
    const path = `${list}/members?${fields}&count=500&offset=1000&sort_field=last_changed&sort_dir=ASC`
    expect(seen()).toEqual({ method: 'GET', path, body: undefined, authorization })
  })

  test('can be of another audience, and only of what changed since', async () => {
    stub.reply = { body: { members: [], total_items: 0 } }
    const since = new Date('2026-11-24T10:00:00.999Z')
    await mailchimp().memberPage({ audienceId: 'b/1', offset: 0, count: 10, since }, context)
    const order = 'sort_field=last_changed&sort_dir=ASC&since_last_changed=2026-11-24T10%3A00%3A00%2B00%3A00'
    expect(seen().path).toBe(`/mc/3.0/lists/b%2F1/members?${fields}&count=10&offset=0&${order}`)
  })
})

describe('many contacts at once', () => {
  const person = (name: string) => ({ email: `${name}@example.com`, statusIfNew: 'subscribed' }) as const
  const people = (count: number) => Array.from({ length: count }, (_, index) => person(`p${index}`))

  test('are put one by one, so that nobody who left is subscribed again', async () => {
    expect(await mailchimp().upsertMembers(people(12), context)).toEqual({ upserted: 12, refused: [] })
    expect(stub.requests.map(({ method }) => method)).toEqual(Array(12).fill('PUT'))
    for (const { body } of stub.requests) {
      expect(body).toMatchObject({ status_if_new: 'subscribed' })
      expect(body).not.toHaveProperty('status')
    }
    const addresses = stub.requests.map(({ body }) => (body as { email_address: string }).email_address)
    expect(addresses.toSorted()).toEqual(
      people(12)
        .map(({ email }) => email)
        .toSorted(),
    )
  })

  test('take five of the account’s places, never more', async () => {
    let open = 0
    let most = 0
    const gate: Gate = {
      ...idleGate,
      async enter() {
        most = Math.max(most, ++open)
        return {
          leave: async () => {
            open--
            return undefined
          },
        }
      },
    }
    await mailchimp({ gate }).upsertMembers(people(12), context)
    expect(stub.requests).toHaveLength(12)
    expect([most, open]).toEqual([5, 0])
  })

  test('whom Mailchimp refuses are named with the reason, the others are done', async () => {
    stub.reply = (request, response) => {
      const refused = request.url?.includes(hash)
      const title = 'Member In Compliance State'
      response.writeHead(refused ? 400 : 200).end(JSON.stringify(refused ? { title } : answer))
    }
    const done = await mailchimp().upsertMembers([person('jane'), ...people(3)], context)
    const refused = [{ email: 'jane@example.com', code: 'Member In Compliance State' }]
    expect(done).toEqual({ upserted: 3, refused })
  })

  test('the later entry counts for an address that comes twice', async () => {
    const twice = [
      { ...person('jane'), firstName: 'J' },
      { ...person('Jane'), firstName: 'Jane' },
    ]
    expect(await mailchimp().upsertMembers(twice, context)).toMatchObject({ upserted: 1 })
    expect(stub.requests).toHaveLength(1)
    expect(seen().body).toMatchObject({ email_address: 'Jane@example.com', merge_fields: { FNAME: 'Jane' } })
  })

  test('a failure that is not about one contact ends it before the rest is tried', async () => {
    // The others get their answers only when the failure has arrived.
    const held: (() => void)[] = []
    let failed = false
    stub.reply = (request, response) => {
      const answerIt = () => void response.end(JSON.stringify(answer))
      if (request.url?.includes(hash))
        response.writeHead(429).end(JSON.stringify({ title: 'TooManyRequests' }))
      else if (failed) answerIt()
      else held.push(answerIt)
    }
    const onCall = () => {
      failed = true
      for (const answerIt of held.splice(0)) answerIt()
    }
    const work = mailchimp({ onCall }).upsertMembers([person('jane'), ...people(499)], context)
    expect(await failureOf(work)).toMatchObject({ errorClass: 'THROTTLED', retryAfterMs: 5_000 })
    expect(stub.requests).toHaveLength(5)
  })

  test('more than 500 are refused before anything is sent', async () => {
    const error = await failureOf(mailchimp().upsertMembers(people(501), context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'TOO_MANY_MEMBERS' })
    expect(stub.requests).toHaveLength(0)
  })
})
