import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi } from '../test/support/api.ts'

const define = defineJobFor<unknown>()
const ofLead = (name: string) =>
  define({
    name,
    description: 'About a lead.',
    input: z.strictObject({ leadId: z.string() }),
    subject: ({ leadId }: { leadId: string }) => ({ leadId }),
    async run() {},
  })

let api: Api
beforeAll(async () => {
  api = await startApi([ofLead('lead.created'), ofLead('lead.erase')])
})
afterAll(() => api.close())

async function newLead(email: string): Promise<string> {
  const { data } = await api.ask(
    'mutation ($email: String!) { createLead(input: { email: $email }) { ... on CreateLeadPayload { lead { id } } } }',
    { email },
  )
  return data.createLead.lead.id
}

const erase = async (input: { id: string; reason?: string; idempotencyKey?: string }, key?: string) =>
  (
    await api.ask(
      `mutation ($input: EraseLeadInput!) { eraseLead(input: $input) {
        __typename ... on EraseLeadPayload { alreadyExisted lead { id erasedAt } job { id name lead { id } } } } }`,
      { input },
      { key },
    )
  ).data.eraseLead

test('an erasure is marked, enqueued and audited together, once per idempotency key', async () => {
  const id = await newLead('erase.me@example.com')
  const input = { id, reason: 'asked by letter', idempotencyKey: 'letter-1' }
  const first = await erase(input)
  expect(first).toMatchObject({
    alreadyExisted: false,
    lead: { id, erasedAt: expect.any(String) },
    job: { name: 'lead.erase', lead: { id } },
  })
  expect(await erase(input)).toMatchObject({ alreadyExisted: true, job: { id: first.job.id } })
  const audits = await api.world
    .fork()
    .execute('select action, reason from audit where subject_id = ? order by id', [id])
  expect(audits).toEqual([
    { action: 'createLead', reason: null },
    { action: 'eraseLead', reason: 'asked by letter' },
  ])
})

test('a lead of another workspace cannot be erased, and is not marked', async () => {
  const id = await newLead('not.yours@example.com')
  const key = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  expect(await erase({ id }, key)).toEqual({ __typename: 'NotFoundError' })
  const { data } = await api.ask('query ($id: ID!) { lead(id: $id) { erasedAt } }', { id })
  expect(data.lead.erasedAt).toBeNull()
})
