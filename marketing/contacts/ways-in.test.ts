import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Em } from '../../entities/index.ts'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { applyContactChange } from '../contact-change.ts'
import { updateLead } from '../lead-change.ts'
import { lift, resubscribe, type Statement, suppress, unsuppress } from '../suppression.ts'
import { noteMerge } from './merge.ts'
import { noteFields, noteMove, noteStatus } from './vendor-report.ts'

/** Whatever changes what vendors hold of a lead asks for a sync in its own transaction. */

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())
const leads = leadsOf(() => world)

interface About {
  leadId: string
  email: string
  statement: Statement
}

const cause = () => ({
  workspaceId: world.actor.workspaceId,
  correlationId: 'c',
  jobId: 'job_x',
  at: new Date(),
})
const change = (em: Em, { leadId }: About, patch: Parameters<typeof updateLead>[2]['patch']) =>
  updateLead(em, world.actor.workspaceId, { leadId, patch, correlationId: 'c' }, new Date())

const ways: Record<string, (em: Em, about: About) => Promise<unknown>> = {
  'a change of a name': (em, about) => change(em, about, { firstName: 'New' }),
  'a change of the address': (em, about) => change(em, about, { email: `new.${about.email}` }),
  'a change of tags': (em, about) => change(em, about, { tags: ['a'] }),
  'a change of the status': (em, about) => change(em, about, { status: 'CUSTOMER' }),
  'a change of consent': (em, about) => change(em, about, { emailConsent: 'DENIED' }),
  'a suppression by an operator': (em, { statement }) => suppress(em, statement, 'OPERATOR'),
  'a bounce': (em, { statement }) => suppress(em, statement, 'HARD_BOUNCE'),
  'a complaint': (em, { statement }) => suppress(em, statement, 'COMPLAINT'),
  'an unsubscription': (em, { statement }) => suppress(em, statement, 'UNSUBSCRIBED'),
  'a subscription': async (em, { leadId, statement }) => {
    await em.execute("update `lead` set email_consent = 'UNKNOWN', email_consent_at = null where id = ?", [
      leadId,
    ])
    await resubscribe(em, statement)
  },
  'a change a vendor reports': (em, { leadId }) =>
    applyContactChange(em, { ...cause(), leadId, vendor: 'twenty', fields: { lastName: 'Vendor' } }),
  'a status Mailchimp reports': (em, { email }) => noteStatus(em, email, 'archived', cause()),
  'fields a vendor reports': (em, { leadId }) =>
    noteFields(em, { leadId, vendor: 'mailchimp' }, { firstName: 'Other' }, cause()),
  'a move Mailchimp reports': (em, { email }) => noteMove(em, email, `moved.${email}`, cause()),
  'a merge in the CRM': (em, { leadId }) =>
    noteMerge(em, { vendor: 'hubspot', primary: leadId.slice(-10), merged: ['1'], into: undefined }, cause()),
}

const jobsOf = async (leadId: string) =>
  (
    await leads.rows<{ input: string }>(
      "select input from job where name = 'contact.sync' and lead_id = ? and state = 'SCHEDULED'",
      [leadId],
    )
  ).map(({ input }) => JSON.parse(input))

let people = 0
async function somebody(): Promise<About> {
  const email = `way${++people}@example.com`
  const leadId = await leads.addLead({ email, emailConsent: 'GRANTED' })
  for (const [vendor, id] of [
    ['mailchimp', `m${people}`],
    ['hubspot', leadId.slice(-10)],
  ])
    await leads.rows(
      `insert into contact (lead_id, vendor, workspace_id, external_id, address, held) values (?, ?, ?, ?, ?, '{"fields":{},"tags":[]}')`,
      [leadId, vendor, world.actor.workspaceId, id, email],
    )
  const about = { workspaceId: world.actor.workspaceId, correlationId: 'c', source: 'operator' }
  return { leadId, email, statement: { ...about, channel: 'EMAIL', address: email, at: new Date() } }
}

test.each(Object.keys(ways))('%s asks for a sync, once, and only if it is committed', async (way) => {
  const about = await somebody()
  const failed = world.ledger.transaction(async (em) => {
    await ways[way]!(em, about)
    throw new Error('no commit')
  })
  await expect(failed).rejects.toThrow('no commit')
  expect(await jobsOf(about.leadId)).toEqual([])
  await world.ledger.transaction((em) => ways[way]!(em, about))
  expect(await jobsOf(about.leadId)).toEqual([{ leadId: about.leadId }])
  await world.ledger.transaction((em) => change(em, about, { company: 'Later' }))
  expect(await jobsOf(about.leadId)).toHaveLength(1)
})

test.each([
  ['lifting a bounce', (em: Em, statement: Statement) => lift(em, statement, ['HARD_BOUNCE'])],
  ['an operator who lifts all', (em: Em, statement: Statement) => unsuppress(em, statement)],
])('%s asks for a sync', async (_, way) => {
  const { leadId, statement } = await somebody()
  await world.ledger.transaction((em) => suppress(em, statement, 'HARD_BOUNCE'))
  await leads.rows("update job set state = 'COMPLETED' where lead_id = ?", [leadId])
  await world.ledger.transaction((em) => way(em, { ...statement, at: new Date(Date.now() + 1_000) }))
  expect(await jobsOf(leadId)).toEqual([{ leadId }])
})

/** Files that write what vendors hold without asking for a sync, and why none is needed. */
const exempt: Record<string, string> = {
  'marketing/leads.ts': 'a new lead has its lead.created',
  'marketing/erasure.ts': 'lead.erase goes to the vendors',
  'marketing/erasure/tables.ts': 'lead.erase goes to the vendors',
  'marketing/messages/send-ledger.ts': 'WELCOMED goes with the next change',
  'marketing/webhooks/mailchimp.ts': 'the id follows the address, whose change asks',
  'marketing/contacts/contact-row.ts': 'takes contacts in hand for a sync',
}
const writes =
  /(update|insert( ignore)? into|delete from) \\?`?(lead|suppression|contact)\\?`?\s|(nativeUpdate|nativeDelete|insertMany|insert|upsert)\((Lead|Suppression|Contact)\b/

test('nobody writes a lead, a suppression or a contact in another place without asking for a sync', () => {
  const files = ['marketing', 'workers', 'resolvers', 'server', 'ledger', 'access', 'runtime']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  // Who states a consent asks: `updateLead` and the functions of marketing/suppression.ts, tried above.
  const others = files.filter((file) => !file.startsWith('marketing/consent'))
  const silent = others.filter((file) => {
    const text = readFileSync(file, 'utf8')
    return writes.test(text) && !text.includes('requestContactSync(')
  })
  expect(silent.toSorted()).toEqual(Object.keys(exempt).toSorted())
})
