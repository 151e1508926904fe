import { afterAll, beforeAll, expect, test } from 'vitest'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { mailchimpForm, mandrillForm, startWebhooks, type Webhooks } from '../../test/support/webhooks.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks({ worker: false })
})
afterAll(() => webhooks.close())
const crm = leadsOf(() => webhooks.api.world)

const email = 'anna.muster@example.com'
const page = async (filter: object, key?: string) =>
  (
    await webhooks.api.ask(
      'query ($filter: WebhookReceiptFilter) { webhookReceipts(filter: $filter) { totalCount nodes { id vendor state appliedAt job { id state error { message } } } } }',
      { filter },
      { key },
    )
  ).data.webhookReceipts
const reapply = async (id: string, key?: string) =>
  (
    await webhooks.api.ask(
      'mutation ($input: ReapplyWebhookReceiptInput!) { reapplyWebhookReceipt(input: $input) { __typename ... on ReapplyWebhookReceiptPayload { receipt { id } job { id run } } ... on Error { code } } }',
      { input: { id, reason: 'fixed' } },
      { key },
    )
  ).data.reapplyWebhookReceipt

test('a receipt that cannot be applied fails with its job, is found, and is applied once an operator says so', async () => {
  const { world } = webhooks.api
  const bounce = { event: 'hard_bounce', _id: 'm1', ts: 1_790_000_000, msg: { email, metadata: {} } }
  await webhooks.post('mandrill', mandrillForm(bounce))
  const [receipt] = await crm.rows<{ id: string; body: string }>('select id, body from webhook_receipt')
  await crm.rows('update webhook_receipt set body = ?', [receipt!.body.slice(0, -1)])
  world.startDispatcher()
  world.startWorkers({
    definitions: world.ledger.definitions.filter(({ name }) => name === 'webhook.receive'),
  })
  const [failed] = await world.until('the receipt has failed', async () => {
    const { nodes } = await page({ states: ['FAILED'] })
    return nodes[0]?.job.state === 'DEAD' && nodes
  })
  expect(failed).toMatchObject({ id: receipt!.id, vendor: 'MANDRILL', appliedAt: null })
  expect(failed.job.error.message).not.toContain('anna')
  expect(await crm.suppressions()).toEqual([])

  const stranger = await webhooks.api.addKey({
    role: 'ADMIN',
    workspaceId: await webhooks.api.addWorkspace(),
  })
  expect(await reapply(failed.id, stranger)).toMatchObject({ code: 'NOT_FOUND' })
  expect((await page({}, stranger)).totalCount).toBe(0)

  await crm.rows('update webhook_receipt set body = ?', [receipt!.body])
  expect(await reapply(failed.id)).toEqual({
    __typename: 'ReapplyWebhookReceiptPayload',
    receipt: { id: failed.id },
    job: { id: failed.job.id, run: 2 },
  })
  await world.until('it is applied', async () => (await page({ states: ['APPLIED'] })).totalCount === 1)
  expect(await crm.suppressions()).toMatchObject([{ address: email, reason: 'HARD_BOUNCE' }])
  await world.untilState(failed.job.id, 'COMPLETED')
  expect(await reapply(failed.id)).toEqual({ __typename: 'WrongStateError', code: 'WRONG_STATE' })
  expect(await page({ vendors: ['MAILCHIMP'] })).toMatchObject({ totalCount: 0 })
})

test('what somebody unsubscribed from is shown with its reason, and an operator may suppress and let go', async () => {
  const leadId = await crm.addLead({ email: 'jane@example.com', emailConsent: 'GRANTED' })
  const form = mailchimpForm('unsubscribe', '2026-10-01 10:00:00', {
    action: 'unsub',
    email: 'jane@example.com',
  })
  await webhooks.report('mailchimp', form)
  const selections: Record<string, string> = {
    suppressAddress: '... on SuppressAddressPayload { created suppression { id reason source } }',
    unsuppressAddress: '... on UnsuppressAddressPayload { lifted { id reason } }',
  }
  const change = async (name: string, input: object) => {
    const selection = `{ __typename ${selections[name]} ... on InvalidInputError { issues { path message } } }`
    const mutation = `mutation ($input: ${name.replace(/^./, (first) => first.toUpperCase())}Input!) { ${name}(input: $input) ${selection} }`
    return (await webhooks.api.ask(mutation, { input })).data[name]
  }
  const list = async (filter: object) =>
    (
      await webhooks.api.ask(
        'query ($filter: SuppressionFilter) { suppressions(filter: $filter) { nodes { id channel address reason source at liftedAt } } }',
        { filter },
      )
    ).data.suppressions.nodes
  const address = ' Jane@Example.com'
  const by = { channel: 'EMAIL', address, reason: 'asked by phone' }
  const { suppression } = await change('suppressAddress', by)
  expect(await change('suppressAddress', by)).toMatchObject({ created: false })
  expect(await list({ address })).toEqual([
    expect.objectContaining({ reason: 'OPERATOR', source: 'operator', liftedAt: null }),
    {
      id: expect.any(String),
      channel: 'EMAIL',
      address: 'jane@example.com',
      reason: 'UNSUBSCRIBED',
      source: 'mailchimp',
      at: '2026-10-01T10:00:00.000Z',
      liftedAt: null,
    },
  ])
  expect(
    (await change('unsuppressAddress', by)).lifted.map(({ reason }: { reason: string }) => reason).sort(),
  ).toEqual(['OPERATOR', 'UNSUBSCRIBED'])
  expect(await list({ address })).toEqual([])
  expect(await list({ address, includeLifted: true })).toHaveLength(2)
  expect(await change('unsuppressAddress', by)).toMatchObject({ lifted: [] })
  expect((await crm.lead(leadId)).email_consent).toBe('DENIED')
  expect(await crm.eventTypes(leadId)).toEqual(['UNSUBSCRIBED', 'SUPPRESSED', 'UNSUPPRESSED'])
  expect(
    await crm.rows('select action, reason from audit where subject_id = ? order by id', [suppression.id]),
  ).toEqual([
    { action: 'suppressAddress', reason: 'asked by phone' },
    { action: 'suppressAddress', reason: 'asked by phone' },
    { action: 'unsuppressAddress', reason: 'asked by phone' },
  ])
  expect(await change('suppressAddress', { channel: 'WHATSAPP', address: '12' })).toMatchObject({
    issues: [{ path: 'address' }],
  })
})
