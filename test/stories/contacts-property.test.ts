import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contacts, startContacts } from '../support/contacts.ts'
import { mandrillForm } from '../support/webhooks.ts'

/**
 * People are created, changed, suppressed, asked and erased, here and at the vendors, in any order and at once. When
 * all of it is through, our lead, the member of the audience and the contact of the CRM say the same.
 */

let system: Contacts
beforeAll(async () => {
  system = await startContacts()
})
afterAll(() => system?.close())

const names = ['Ada', 'Bo', 'Cleo']
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rename' as const), to: fc.constantFrom(...names) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('consent' as const), to: fc.constantFrom('GRANTED', 'DENIED') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('tag' as const), to: fc.subarray(['vip', 'fair', 'new']) }),
  },
  ...(['suppress', 'unsuppress', 'complain', 'leave', 'join', 'moveAtMailchimp', 'moveAtCrm'] as const).map(
    (name) => ({ weight: 1, arbitrary: fc.record({ do: fc.constant(name) }) }),
  ),
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('renameAtCrm' as const), to: fc.constantFrom(...names) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('renameAtMailchimp' as const), to: fc.constantFrom(...names) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
)
type Act = { do: string; to?: string | string[] }

const life = fc.record({
  consent: fc.constantFrom('UNKNOWN', 'GRANTED', 'DENIED'),
  acts: fc.array(act, { minLength: 1, maxLength: 7 }),
  end: fc.constantFrom('live', 'live', 'live', 'merge', 'erase'),
})

let people = 0

/** One person, with every address they may get. */
function personOf() {
  const name = `p${++people}`
  let moves = 0
  return { name, first: `${name}.0@example.com`, next: () => `${name}.${++moves}@example.com` }
}

const now = () => Math.floor(Date.now() / 1_000)
const current = async (id: string) => (await system.lead(id)).email as string

/** What is done at a vendor may find nobody there, or be refused: then it was not done. */
const attempt = (work: Promise<unknown>) => work.catch(() => undefined)

async function perform(id: string, next: () => string, { do: what, to }: Act): Promise<unknown> {
  const email = await current(id)
  switch (what) {
    case 'rename':
      return system.update(id, { firstName: to })
    case 'consent':
      return system.update(id, { emailConsent: to })
    case 'move':
      return system.update(id, { email: next() })
    case 'tag':
      return system.update(id, { tags: to })
    case 'suppress':
      return system.suppress(email)
    case 'unsuppress':
      return system.unsuppress(email)
    case 'complain': {
      const event = { event: 'spam', _id: `m-${next()}`, ts: now(), msg: { email, metadata: {} } }
      return system.report('mandrill', mandrillForm(event))
    }
    case 'leave':
      return attempt(system.act('mailchimp', 'unsubscribe', { email }))
    case 'join':
      // Somebody who is in the audience without us knowing is nobody's contact yet.
      await system.settle(id)
      return attempt(system.act('mailchimp', 'subscribe', { email }))
    case 'moveAtMailchimp':
      return attempt(system.act('mailchimp', 'upemail', { email, new_email: next() }))
    case 'renameAtMailchimp':
      return attempt(system.act('mailchimp', 'profile', { email, merge_fields: { FNAME: to } }))
    case 'moveAtCrm':
      return attempt(system.act('hubspot', 'propertyChange', { email, properties: { email: next() } }))
    case 'renameAtCrm':
      return attempt(system.act('hubspot', 'propertyChange', { email, properties: { firstname: to } }))
    default:
      return system.settle(id)
  }
}

interface Ended {
  id: string
  name: string
  end: string
}

async function live({ consent, acts, end }: { consent: string; acts: Act[]; end: string }): Promise<Ended> {
  const { name, first, next } = personOf()
  const id = await system.begin({ email: first, firstName: 'Ada', tags: ['new'], emailConsent: consent })
  if (acts.length % 2 === 0) await system.settle(id)
  for (const each of acts) await perform(id, next, each)
  if (end === 'merge') await merge(id, name)
  await system.settle(id)
  if (end === 'erase') await system.erase(id)
  await system.settle(id)
  return { id, name, end }
}

/** People in the CRM merge the person with a contact they had entered themselves. */
async function merge(id: string, name: string): Promise<void> {
  await system.settle(id)
  const other = `${name}.other@example.com`
  await system.act('hubspot', 'creation', { properties: { email: other, lastname: 'Other' } })
  const email = await current(id)
  const [kept, merged] = people % 2 ? [email, other] : [other, email]
  await attempt(system.act('hubspot', 'merge', { email: kept, merged, makesNew: people % 3 === 0 }))
}

const left = ['unsubscribed', 'cleaned', 'archived']

/** What is wrong when all is through; empty when all sides are equal. */
async function differences({ id, name, end }: Ended): Promise<string[]> {
  const lead = await system.lead(id)
  const isTheirs = (email: string | undefined) => email?.startsWith(`${name}.`)
  const members = (await system.members()).filter(
    ({ email_address, status }) => isTheirs(email_address) && status !== 'archived',
  )
  const contacts = (await system.contacts()).filter(({ properties }) => isTheirs(properties.email))
  if (end === 'erase') return members.length > 0 ? ['the audience still has an erased person'] : []
  const wrong: string[] = []
  const check = (what: string, ...values: unknown[]) => {
    const texts = values.map((value) => JSON.stringify(value))
    if (new Set(texts).size > 1) wrong.push(`${what}: ${texts.join(' | ')}`)
  }
  const { firstName, tags, suppressed, refused, consent } = await said(lead)
  check('members', members.length, 1)
  check('contacts', contacts.length, 1)
  const [member, contact] = [members[0], contacts[0]]
  check('address', lead.email, member?.email_address, contact?.properties.email)
  check('name', firstName, member?.merge_fields.FNAME, contact?.properties.firstname)
  check('tags', tags, member?.tags.toSorted())
  const out = left.includes(member?.status ?? '')
  if (consent === 'DENIED' || suppressed) check('no', out, true)
  else if (consent === 'GRANTED' && !refused) check('yes', out, false)
  return wrong.map((line) => `${name}: ${line}`)
}

async function said(lead: Record<string, unknown>) {
  const fork = system.api.world.fork()
  const count = async (sql: string, values: unknown[]) => (await fork.execute<unknown[]>(sql, values)).length
  return {
    firstName: lead.first_name,
    tags: (JSON.parse(String(lead.tags)) as string[]).toSorted(),
    consent: lead.email_consent,
    suppressed:
      (await count('select 1 from suppression where address = ? and lifted_at is null', [lead.email])) > 0,
    refused:
      (await count(
        "select 1 from contact where lead_id = ? and vendor = 'mailchimp' and refusal is not null",
        [lead.id],
      )) > 0,
  }
}

test('whatever is done to a person here and at the vendors, in any order, all sides end equal', async () => {
  const property = fc.asyncProperty(fc.array(life, { minLength: 12, maxLength: 12 }), async (lives) => {
    const ended = await Promise.all(lives.map(live))
    const wrong = (await Promise.all(ended.map(differences))).flat()
    expect(wrong).toEqual([])
  })
  await fc.assert(property, { numRuns: 3, seed: 20_261_124, endOnFailure: true })
}, 300_000)

test('when all sides are equal nothing goes back and forth any more', async () => {
  const jobs = await system.api.world
    .fork()
    .execute<{ name: string; n: number }[]>(
      "select lead_id, count(*) as n from job where name = 'contact.sync' group by lead_id order by n desc limit 1",
    )
  // Each act asks for one at most here and one for what the vendor reports of it.
  expect(Number(jobs[0]?.n ?? 0)).toBeLessThanOrEqual(30)
  const dead = await system.api.world
    .fork()
    .execute("select name, error_message from job where state = 'DEAD'")
  expect(dead).toEqual([])
})
