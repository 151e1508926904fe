import { afterAll, beforeAll, expect, test } from 'vitest'
import { continueConversation, keepInbound, setLead } from '../marketing/conversations.ts'
import { eraseLeadRows } from '../marketing/erasure.ts'
import { claimMessage, settleMessage } from '../marketing/messages/send-ledger.ts'
import { saveTemplates } from '../marketing/whatsapp/templates.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { leadsOf } from '../test/support/webhook-leads.ts'
import { messageSend } from '../workers/message.send.ts'

let api: Api
let leadId: string
beforeAll(async () => {
  api = await startApi([messageSend])
  leadId = await leadsOf(() => api.world).addLead({ phone: '+34612345678', email: 'anna@example.com' })
  await inbound('Is it open on Sunday?', 1)
  await outbound('1', { text: 'Yes, from ten' }, 2)
  await inbound('Great', 3)
  await outbound('2', { template: 'welcome_lead', language: 'en', body: 'Hello Anna 👋' }, 4)
  await inbound(null, 5, 'image')
})
afterAll(() => api.close())

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 10, minute))
const within: Api['world']['ledger']['transaction'] = (work) => api.world.ledger.transaction(work)

async function inbound(text: string | null, minute: number, type = 'text'): Promise<void> {
  const person = {
    workspaceId: api.world.actor.workspaceId,
    phoneNumberId: '106540352242922',
    waId: '34612345678',
  }
  await within(async (em) => {
    const { id } = await continueConversation(em, person, at(minute))
    await setLead(em, id, leadId)
    await keepInbound(em, id, { providerMessageId: `wamid.${minute}`, type, text, at: at(minute) })
  })
}

async function outbound(occurrence: string, content: object, minute: number): Promise<void> {
  const owner = { workspaceId: api.world.actor.workspaceId, leadId, jobId: 'job_x', correlationId: 'c' }
  const what = { purpose: 'answer', channel: 'WHATSAPP', occurrence, provider: 'whatsapp', content } as const
  await within(async (em) => {
    const { message } = await claimMessage(em, { ...owner, ...what })
    await settleMessage(em, message.id, { state: 'ACCEPTED' })
    await em.execute('update message set claimed_at = ? where id = ?', [at(minute), message.id])
  })
}

const query = `query ($id: ID!, $first: Int, $after: String) { lead(id: $id) { id conversation(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { direction type text template sentMessage { state } }
} } }`
const read = (variables: object = {}, key = api.keys.OPERATOR) =>
  api.ask(query, { id: leadId, ...variables }, { key })
const texts = async (variables: object = {}) =>
  (await read(variables)).data.lead.conversation.nodes.map(({ text }: { text: string | null }) => text)

test('what was said with a lead is read newest first, with the texts of both sides, in pages', async () => {
  const { lead } = (await read()).data
  expect(lead.conversation).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: false } })
  const sentMessage = { state: 'ACCEPTED' }
  expect(lead.conversation.nodes).toEqual([
    { direction: 'INBOUND', type: 'image', text: null, template: null, sentMessage: null },
    { direction: 'OUTBOUND', type: 'template', text: 'Hello Anna 👋', template: 'welcome_lead', sentMessage },
    { direction: 'INBOUND', type: 'text', text: 'Great', template: null, sentMessage: null },
    { direction: 'OUTBOUND', type: 'text', text: 'Yes, from ten', template: null, sentMessage },
    { direction: 'INBOUND', type: 'text', text: 'Is it open on Sunday?', template: null, sentMessage: null },
  ])
  const first = (await read({ first: 2 })).data.lead.conversation
  expect(first.pageInfo.hasNextPage).toBe(true)
  expect(await texts({ first: 2, after: first.pageInfo.endCursor })).toEqual(['Great', 'Yes, from ten'])
  expect((await read({ after: 'nonsense' })).errors?.[0]?.extensions.code).toBe('INVALID_CURSOR')
})

test('a key that may read leads and not messages sees that there is a lead, and nothing of what was said', async () => {
  const narrow = await api.addKey({ role: 'ADMIN', scopes: ['leads:read', 'jobs:read'] })
  for (const key of [api.keys.VIEWER, narrow]) {
    const answer = await read({}, key)
    expect(answer.data.lead).toEqual({ id: leadId, conversation: null })
    expect(answer.errors?.[0]).toMatchObject({
      message: expect.stringContaining('messages:read'),
      extensions: { code: 'FORBIDDEN' },
    })
    expect(JSON.stringify(answer)).not.toMatch(/Sunday|from ten|Anna/)
  }
})

test('templates of the account are found by name, language and state, and not by another workspace', async () => {
  const { workspaceId } = api.world.actor
  const listed = { name: 'sale', category: 'MARKETING', body: 'Hi {{1}}', variables: ['1'], quality: 'GREEN' }
  const components = [{ type: 'BODY', text: 'Hi {{1}}' }]
  const templates = [
    { ...listed, components, language: 'en', status: 'APPROVED' },
    { ...listed, components, language: 'es', status: 'PAUSED' },
  ]
  await within((em) => saveTemplates(em, workspaceId, templates, at(0)))
  const find = async (filter: object, key?: string) =>
    (
      await api.ask(
        `query ($filter: WhatsappTemplateFilter) { whatsappTemplates(filter: $filter) { totalCount nodes {
          name language status category quality body variables components syncedAt reportedAt
        } } }`,
        { filter },
        { key },
      )
    ).data.whatsappTemplates
  const found = await find({ names: ['sale'], statuses: ['PAUSED'] })
  const paused = { ...templates[1], syncedAt: at(0).toISOString(), reportedAt: null }
  expect(found).toEqual({ totalCount: 1, nodes: [paused] })
  expect((await find({ languages: ['en', 'es'] })).totalCount).toBe(2)
  const stranger = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  expect((await find({}, stranger)).totalCount).toBe(0)
})

test('of a person who was erased no word is left, of either side', async () => {
  await within(async (em) => {
    await em.execute('update `lead` set erased_at = ? where id = ?', [at(9), leadId])
    await eraseLeadRows(em, leadId, { at: at(9), correlationId: 'c' })
  })
  expect(await texts()).toEqual([null, null, null, null, null])
  const rows = await api.world.fork().execute('select content from message where lead_id = ?', [leadId])
  expect(rows).toEqual([{ content: null }, { content: null }])
})
