import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { insertRows } from '../../entities/sql.ts'
import { replayErasures } from '../../marketing/erasure.ts'
import { hashedAddress } from '../../marketing/suppressed-address.ts'
import { untilFinal } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem()
})
afterAll(() => system?.close())

const email = 'canary.address@canaries.example'
const phone = '+34612345678'
const firstName = 'Canariabella'
const lastName = 'O’Planted'
const company = 'Canary Nestworks'
const text = 'words a canary wrote'
const planted = [email, encodeURIComponent(email), phone.slice(1), firstName, lastName, company, text]

const rows = <T extends object>(sql: string, values: unknown[] = []) =>
  system.orm.em.fork().execute<T[]>(sql, values)

interface Created {
  leadId: string
  jobId: string
}

async function createLead(more: object = {}): Promise<Created> {
  const input = {
    ...{ email, phone, firstName, lastName, company, locale: 'es', source: 'fair' },
    ...{ emailConsent: 'GRANTED', whatsappConsent: 'GRANTED', customFields: { nest: company } },
    ...more,
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

interface Erased {
  __typename: string
  lead: { erasedAt: string | null; email: string | null }
  job: { id: string }
}

async function erase(id: string, reason?: string): Promise<Erased> {
  const { eraseLead } = await system.ask<{ eraseLead: Erased }>(
    `mutation ($input: EraseLeadInput!) { eraseLead(input: $input) {
      __typename ... on EraseLeadPayload { lead { erasedAt email } job { id } } } }`,
    { input: { id, reason } },
  )
  return eraseLead
}

/** Where in the database a text stands: table and column, whatever type of text. */
async function placesOf(texts: readonly string[]): Promise<string[]> {
  const columns = await rows<{ place: string; column: string }>(
    `select table_name as place, column_name as \`column\` from information_schema.columns
     where table_schema = database() and data_type in ('varchar', 'char', 'text', 'mediumtext', 'longtext', 'json') and extra not like '%VIRTUAL%'`,
  )
  const found: string[] = []
  for (const { place, column } of columns)
    for (const each of texts) {
      const sql = `select 1 from \`${place}\` where locate(?, convert(\`${column}\` using utf8mb4) collate utf8mb4_unicode_ci) > 0 limit 1`
      if ((await rows(sql, [each])).length > 0) found.push(`${each} in ${place}.${column}`)
    }
  return found
}

/** Waits until the vendors have told what became of the messages. */
const told = (leadId: string, ...more: string[]) =>
  until('the vendors have told', async () => {
    const seen = await rows<{ type: string }>('select type from lead_event where lead_id = ?', [leadId])
    const types = seen.map(({ type }) => type)
    return ['MESSAGE_READ', 'MESSAGE_DELIVERED', ...more].every((type) => types.includes(type))
  })

async function plantTraces({ leadId, jobId }: Created): Promise<void> {
  const { workspaceId } = system
  await system.sandbox('POST', '/events', { vendor: 'whatsapp', type: 'message', from: phone.slice(1), text })
  await told(leadId, 'MESSAGE_RECEIVED')
  await system.ask(
    'mutation ($address: String!, $reason: String!) { suppressAddress(input: { channel: EMAIL, address: $address, reason: $reason }) { __typename } }',
    { address: email, reason: `${firstName} called` },
  )
  const audience = [workspaceId, 'a6b5da1054', 'm1', email, 'subscribed', 'csync_x', new Date()]
  await insertRows(
    system.orm.em.fork() as Em,
    'audience_member',
    'workspace_id audience_id member_id email status seen_by seen_at'.split(' '),
    [audience],
  )
  const [lead] = await rows<{ hubspot: string }>(
    "select json_value(external_ids, '$.hubspot') as hubspot from `lead` where id = ?",
    [leadId],
  )
  const change = { objectId: Number(lead!.hubspot), propertyName: 'firstname', propertyValue: firstName }
  await insertRows(
    system.orm.em.fork() as Em,
    'webhook_receipt',
    'id workspace_id vendor dedupe_key body state received_at'.split(' '),
    [[newId('webhookReceipt'), workspaceId, 'hubspot', jobId, JSON.stringify(change), 'FAILED', new Date()]],
  )
}

test('an erased person is in no table any more, stays suppressed, and what was counted stays counted', async () => {
  const created = await createLead({ idempotencyKey: `form:${email}` })
  const { leadId } = created
  await plantTraces(created)
  const other = await createLead({
    email: 'other@example.com',
    phone: '+34612345001',
    firstName: 'Other',
    lastName: 'One',
    company: 'Else',
    customFields: {},
  })
  expect((await placesOf(planted)).length).toBeGreaterThan(12)
  const [before] = await rows<{ n: number }>('select count(*) as n from fact')

  const { lead, job } = await erase(leadId, `asked by ${firstName}`)
  expect(lead.erasedAt).not.toBeNull()
  expect(await untilFinal(system, [job.id])).toEqual({ COMPLETED: 1 })
  expect(await placesOf(planted)).toEqual([])
  const asked = JSON.stringify(await system.sandbox('GET', '/requests?vendor=mailchimp'))
  expect(asked).toContain('/actions/delete-permanent')

  const [after] = await rows<{ n: number }>('select count(*) as n from fact')
  expect(Number(after!.n)).toBeGreaterThanOrEqual(Number(before!.n))
  expect(await rows('select 1 from fact where lead_id = ?', [leadId])).toEqual([])
  expect(await rows('select lead_id from erasure')).toEqual([{ lead_id: leadId }])
  const { lead: erased } = await system.ask<{ lead: { timeline: { nodes: { type: string }[] } } }>(
    `query ($id: ID!) { lead(id: $id) { email firstName source status externalIds erasedAt emailConsent
      timeline(first: 50) { nodes { type } } messages { state } } }`,
    { id: leadId },
  )
  expect(erased).toMatchObject({
    email: null,
    firstName: null,
    source: 'fair',
    externalIds: {},
    emailConsent: 'DENIED',
  })
  expect(erased.timeline.nodes.map(({ type }) => type)).toContain('ERASED')
  expect(await rows('select email, first_name from `lead` where id = ?', [other.leadId])).toEqual([
    { email: 'other@example.com', first_name: 'Other' },
  ])

  const sent = (await system.sends()).total
  const again = await createLead()
  expect(again.leadId).not.toBe(leadId)
  const skipped = await rows<{ reason: string }>(
    "select json_value(detail, '$.reason') as reason from lead_event where lead_id = ? and type = 'MESSAGE_SKIPPED'",
    [again.leadId],
  )
  expect(skipped).toEqual([{ reason: 'SUPPRESSED' }, { reason: 'SUPPRESSED' }])
  expect((await system.sends()).total).toBe(sent)

  await untilFinal(system, [(await erase(again.leadId)).job.id])
  await untilFinal(system, [(await erase(again.leadId)).job.id])
  expect(await placesOf(planted)).toEqual([])
  expect(await rows('select 1 from erasure')).toHaveLength(2)
})

test('a job of a lead that was erased does nothing, and nothing can be written about it', async () => {
  const { leadId } = await createLead({ email: 'gone@example.com', phone: '+34612345002' })
  await untilFinal(system, [(await erase(leadId)).job.id])
  const { enqueueLeadCreated } = await system.ask<{ enqueueLeadCreated: { job: { id: string } } }>(
    'mutation ($id: String!) { enqueueLeadCreated(input: { leadId: $id }) { ... on EnqueuePayload { job { id } } } }',
    { id: leadId },
  )
  await untilFinal(system, [enqueueLeadCreated.job.id])
  const { job } = await system.ask<{ job: { result: unknown } }>(
    'query ($id: ID!) { job(id: $id) { result } }',
    {
      id: enqueueLeadCreated.job.id,
    },
  )
  expect(job.result).toEqual({ leadGone: true })
  const { updateLead } = await system.ask<{ updateLead: { __typename: string } }>(
    'mutation ($id: ID!) { updateLead(input: { id: $id, firstName: "Back" }) { __typename } }',
    { id: leadId },
  )
  expect(updateLead.__typename).toBe('NotFoundError')
})

test('what vendors report later of an erased person is applied and not kept; who writes again has a conversation again', async () => {
  const late = { email: 'late.canary@canaries.example', phone: '+34612345009' }
  const { leadId } = await createLead(late)
  const [mail] = await rows<{ id: string }>(
    "select provider_message_id as id from message where lead_id = ? and channel = 'EMAIL'",
    [leadId],
  )
  await untilFinal(system, [(await erase(leadId)).job.id])
  await system.sandbox('POST', '/events', { vendor: 'mandrill', type: 'spam', id: mail!.id })
  const from = late.phone.slice(1)
  await system.sandbox('POST', '/events', { vendor: 'whatsapp', type: 'message', from, text: 'STOP' })
  await until('the answer was taken', async () => {
    const taken = await rows('select 1 from conversation where wa_id = ?', [from])
    return taken.length > 0
  })
  const address = hashedAddress({ workspaceId: system.workspaceId, channel: 'EMAIL', address: late.email })
  await until('the complaint was taken', async () => {
    const sql = "select 1 from suppression where reason = 'COMPLAINT' and address = ?"
    return (await rows(sql, [address])).length > 0
  })
  // A report is kept until it is applied, and vendors report in their own time.
  await until('the new conversation alone knows of the person', async () => {
    const places = await placesOf([late.email, from])
    return places.length === 1 && places[0] === `${from} in conversation.wa_id`
  })
})

test('an erasure waits for a job that has the lead in hand', async () => {
  const { leadId, jobId } = await createLead({ email: 'busy@example.com', phone: '+34612345003' })
  await rows("update job set state = 'ACTIVE', finished_at = null where id = ?", [jobId])
  const { job } = await erase(leadId)
  await until('it has been tried', async () => {
    const [row] = await rows<{ error_message: string | null }>('select error_message from job where id = ?', [
      job.id,
    ])
    return row?.error_message?.includes('Another job')
  })
  expect(await rows('select email from `lead` where id = ?', [leadId])).toEqual([
    { email: 'busy@example.com' },
  ])
  await rows("update job set state = 'COMPLETED', finished_at = ? where id = ?", [new Date(), jobId])
  expect(await untilFinal(system, [job.id])).toEqual({ COMPLETED: 1 })
})

test('who was erased is erased again in a database restored from an older backup, however often that is done', async () => {
  const { leadId } = await createLead({ email: 'restored@example.com', phone: '+34612345004' })
  await told(leadId)
  const at = new Date('2026-11-20T10:00:00.000Z')
  const gone = { leadId: newId('lead'), workspaceId: system.workspaceId, at }
  const tombstones = [{ leadId, workspaceId: system.workspaceId, at }, gone]
  const replay = () => system.orm.em.fork().transactional((em) => replayErasures(em as Em, tombstones))
  expect([await replay(), await replay()]).toEqual([1, 1])
  expect(await placesOf(['restored@example.com'])).toEqual([])
  expect(await rows('select email, erased_at from `lead` where id = ?', [leadId])).toEqual([
    { email: null, erased_at: '2026-11-20 10:00:00.000' },
  ])
  expect(await rows("select 1 from lead_event where lead_id = ? and type = 'ERASED'", [leadId])).toHaveLength(
    1,
  )
  expect(await rows('select 1 from erasure where lead_id in (?, ?)', [leadId, gone.leadId])).toHaveLength(2)
})
