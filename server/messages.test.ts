import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { claimMessage, lockMessage, settleMessage } from '../marketing/messages/send-ledger.ts'
import { unknownGauges } from '../marketing/messages/unknown.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { messageSend } from '../workers/message.send.ts'

const leadCreated = defineJobFor<unknown>()({
  name: 'lead.created',
  description: 'Welcomes a lead.',
  input: z.strictObject({ leadId: z.string() }),
  mutation: { permission: 'leads:write' },
  subject: ({ leadId }: { leadId: string }) => ({ leadId }),
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi([leadCreated, messageSend])
})
afterAll(() => api.close())

let leads = 0
async function newMessage(state: 'UNKNOWN' | 'CLAIMED', channel: 'EMAIL' | 'WHATSAPP' = 'WHATSAPP') {
  const { data } = await api.ask(
    `mutation { createLead(input: { email: "lead${leads++}@example.com" }) { ... on CreateLeadPayload { lead { id } job { id } } } }`,
  )
  const { lead, job } = data.createLead
  const { workspaceId } = api.world.actor
  const owner = { workspaceId, leadId: lead.id, jobId: job.id, correlationId: 'test' }
  const content = { template: 'welcome_lead', languages: ['en'], variables: { 1: 'Anna' } }
  const what = { purpose: 'welcome', channel, occurrence: '1', provider: 'whatsapp', content }
  return api.world.ledger.transaction(async (em) => {
    const { message } = await claimMessage(em, { ...owner, ...what })
    if (state === 'UNKNOWN') await settleMessage(em, message.id, { state, reason: 'TIMEOUT' })
    return message
  })
}

const resolve = async (input: { id: string; outcome: string; reason?: string }, key?: string) =>
  (
    await api.ask(
      `mutation ($input: ResolveMessageInput!) {
        resolveMessage(input: $input) {
          __typename
          ... on ResolveMessagePayload { sentMessage { id state } job { id name state lead { id } idempotencyKey } }
          ... on Error { code message }
          ... on MessageSettledError { messageState }
        }
      }`,
      { input },
      { key },
    )
  ).data.resolveMessage
const stateOf = async (id: string) => (await api.world.ledger.transaction((em) => lockMessage(em, id)))?.state
const audits = (id: string) =>
  api.world
    .fork()
    .execute('select action, reason, api_key_id is not null as by_key from audit where subject_id = ?', [id])

test('a message of which nobody knows whether it was sent is accepted on an operator’s word', async () => {
  const { id, leadId } = await newMessage('UNKNOWN')
  expect(await resolve({ id, outcome: 'SENT', reason: 'seen on the phone' })).toEqual({
    __typename: 'ResolveMessagePayload',
    sentMessage: { id, state: 'ACCEPTED' },
    job: null,
  })
  expect(await audits(id)).toEqual([
    { action: 'resolveMessage', reason: 'SENT: seen on the phone', by_key: 1 },
  ])
  const sent =
    "select 1 from fact f join message m on m.id = f.message_id where m.id = ? and f.metric = 'SENT'"
  expect(await api.world.fork().execute(`${sent} and f.occurred_at = m.claimed_at`, [id])).toHaveLength(1)
  const { data } = await api.ask(`{ lead(id: "${leadId}") { timeline { nodes { type } } } }`)
  expect(data.lead.timeline.nodes.map(({ type }: { type: string }) => type)).toEqual([
    'CREATED',
    'MESSAGE_UNKNOWN',
    'MESSAGE_ACCEPTED',
  ])
})

test('or it is sent by a job, once, however often the operator says so', async () => {
  const { id, leadId } = await newMessage('UNKNOWN')
  const answers = await Promise.all(Array.from({ length: 5 }, () => resolve({ id, outcome: 'NOT_SENT' })))
  const [done] = answers.filter(({ __typename }) => __typename === 'ResolveMessagePayload')
  expect(done).toMatchObject({ sentMessage: null, job: { name: 'message.send', lead: { id: leadId } } })
  expect(answers.map(({ __typename }) => __typename).sort()).toEqual([
    ...Array(4).fill('MessageSettledError'),
    'ResolveMessagePayload',
  ])
  expect(await stateOf(id)).toBe('NOT_SENT')
  expect(await audits(id)).toMatchObject([{ reason: 'NOT_SENT' }])
  const { data } = await api.ask(`{ jobs(filter: { leadId: "${leadId}" }) { totalCount } }`)
  expect(data.jobs.totalCount).toBe(2)
})

test('or it is given up: nothing is sent, and it counts as failed', async () => {
  const { id } = await newMessage('UNKNOWN')
  expect(await resolve({ id, outcome: 'DROPPED' })).toMatchObject({ sentMessage: null, job: null })
  expect(await stateOf(id)).toBe('REJECTED')
})

test('unknown messages are counted by channel and reason, and resolved many at a time, each with its audit row', async () => {
  const stranger = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  const count = async (key?: string) =>
    (await api.ask('{ unknownMessages { channel reason count } }', {}, { key })).data.unknownMessages
  const many = async (input: object, key?: string) =>
    (
      await api.ask(
        `mutation ($input: ResolveMessagesInput!) { resolveMessages(input: $input) {
          __typename ... on ResolveMessagesPayload { resolvedCount unchangedCount remainingCount } ... on InvalidInputError { issues { path } }
        } }`,
        { input },
        { key },
      )
    ).data.resolveMessages
  await many({ filter: {}, outcome: 'SENT' })
  const ids: string[] = []
  for (const channel of ['WHATSAPP', 'WHATSAPP', 'WHATSAPP', 'EMAIL'] as const)
    ids.push((await newMessage('UNKNOWN', channel)).id)
  const abandoned = await newMessage('CLAIMED')
  await api.world
    .fork()
    .execute('update message set claimed_at = claimed_at - interval 11 minute where id = ?', [abandoned.id])
  expect(await count()).toEqual([
    { channel: 'EMAIL', reason: 'TIMEOUT', count: 1 },
    { channel: 'WHATSAPP', reason: 'TIMEOUT', count: 3 },
    { channel: 'WHATSAPP', reason: 'WORKER_LOST', count: 1 },
  ])
  const gauges = await unknownGauges(api.world.fork(), new Date())
  expect(gauges.map(({ labels, value }) => [labels?.reason, value])).toEqual([
    ['TIMEOUT', 1],
    ['TIMEOUT', 3],
    ['WORKER_LOST', 1],
  ])
  expect(await count(stranger)).toEqual([])
  expect(await many({ filter: {}, outcome: 'SENT' }, stranger)).toMatchObject({ resolvedCount: 0 })

  const whatsapp = { filter: { channels: ['WHATSAPP'], reasons: ['TIMEOUT'] }, outcome: 'NOT_SENT', limit: 2 }
  expect(await many(whatsapp)).toMatchObject({ resolvedCount: 2, remainingCount: 1 })
  expect(await many(whatsapp)).toMatchObject({ resolvedCount: 1, remainingCount: 0 })
  expect(await many(whatsapp)).toMatchObject({ resolvedCount: 0, remainingCount: 0 })
  expect(await Promise.all(ids.map(stateOf))).toEqual(['NOT_SENT', 'NOT_SENT', 'NOT_SENT', 'UNKNOWN'])
  expect(await audits(ids[0]!)).toEqual([{ action: 'resolveMessage', reason: 'NOT_SENT', by_key: 1 }])
  const jobs =
    "select 1 from job where name = 'message.send' and json_value(input, '$.messageId') in (?, ?, ?)"
  expect(await api.world.fork().execute(jobs, ids.slice(0, 3))).toHaveLength(3)

  const listed = { ids: [...ids, abandoned.id, 'msg_unknown'], outcome: 'DROPPED', reason: 'too late' }
  expect(await many(listed)).toMatchObject({ resolvedCount: 2, unchangedCount: 4 })
  expect(await count()).toEqual([])
  const wrong = await many({ ids, filter: {}, outcome: 'SENT', limit: 501 })
  expect(wrong.issues).toEqual([{ path: 'ids' }, { path: 'limit' }])
})

test('a message that was refused or did not arrive is sent again by a job, and one that got through is not', async () => {
  const resend = async (id: string) =>
    (
      await api.ask(
        `mutation ($input: ResendMessageInput!) { resendMessage(input: $input) {
          __typename ... on ResendMessagePayload { resentMessage { id state } job { name } } ... on Error { code }
        } }`,
        { input: { id, reason: 'asked for by phone' } },
      )
    ).data.resendMessage
  const { id } = await newMessage('UNKNOWN')
  expect(await resend(id)).toEqual({ __typename: 'MessageSettledError', code: 'MESSAGE_SETTLED' })
  await resolve({ id, outcome: 'DROPPED' })
  expect(await resend(id)).toMatchObject({
    resentMessage: { id, state: 'NOT_SENT' },
    job: { name: 'message.send' },
  })
  expect(await audits(id)).toMatchObject([{}, { action: 'resendMessage', reason: 'asked for by phone' }])
  const sent = await newMessage('UNKNOWN')
  await resolve({ id: sent.id, outcome: 'SENT' })
  expect(await resend(sent.id)).toMatchObject({ code: 'MESSAGE_SETTLED' })
  const delivery = "update message set delivery = 'FAILED' where id = ?"
  await api.world.fork().execute(delivery, [sent.id])
  expect(await resend(sent.id)).toMatchObject({ resentMessage: { state: 'NOT_SENT' } })
})

test('a message whose fate is known, that is being sent or that belongs to others is left as it is', async () => {
  const { id } = await newMessage('UNKNOWN')
  await resolve({ id, outcome: 'SENT' })
  expect(await resolve({ id, outcome: 'NOT_SENT' })).toMatchObject({
    __typename: 'MessageSettledError',
    code: 'MESSAGE_SETTLED',
    messageState: 'ACCEPTED',
  })
  const claimed = await newMessage('CLAIMED')
  expect(await resolve({ id: claimed.id, outcome: 'NOT_SENT' })).toMatchObject({ messageState: 'CLAIMED' })
  const unknown = await newMessage('UNKNOWN')
  const stranger = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  expect(await resolve({ id: unknown.id, outcome: 'NOT_SENT' }, stranger)).toMatchObject({
    code: 'NOT_FOUND',
  })
  expect([await stateOf(id), await stateOf(claimed.id), await stateOf(unknown.id)]).toEqual([
    'ACCEPTED',
    'CLAIMED',
    'UNKNOWN',
  ])
  expect(await audits(unknown.id)).toEqual([])
})

test('messages are found by state, channel and lead, newest first, in pages', async () => {
  const ids: string[] = []
  for (const channel of ['EMAIL', 'WHATSAPP', 'EMAIL'] as const)
    ids.unshift((await newMessage('UNKNOWN', channel)).id)
  const page = async (filter: object, first: number, after?: string, key?: string) =>
    (
      await api.ask(
        'query ($filter: MessageFilter, $first: Int, $after: String) { messages(filter: $filter, first: $first, after: $after) { totalCount nodes { id leadId lead { id } job { name } } pageInfo { hasNextPage endCursor } } }',
        { filter, first, after },
        { key },
      )
    ).data.messages
  const idsOf = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id)
  const first = await page({ states: ['UNKNOWN'] }, 2)
  expect(idsOf(first)).toEqual(ids.slice(0, 2))
  expect(first.pageInfo.hasNextPage).toBe(true)
  expect(idsOf(await page({ states: ['UNKNOWN'] }, 1, first.pageInfo.endCursor))).toEqual([ids[2]])
  expect(idsOf(await page({ states: ['UNKNOWN'], channels: ['EMAIL'] }, 2))).toEqual([ids[0], ids[2]])
  const [newest] = first.nodes
  expect(newest).toMatchObject({ lead: { id: newest.leadId }, job: { name: 'lead.created' } })
  expect(await page({ leadId: newest.leadId }, 5)).toMatchObject({ totalCount: 1, nodes: [{ id: ids[0] }] })
  expect((await page({ leadId: newest.leadId, states: ['CLAIMED'] }, 5)).totalCount).toBe(0)
  const stranger = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  expect((await page({}, 5, undefined, stranger)).totalCount).toBe(0)
})
