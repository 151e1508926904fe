import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createMandrill } from '../integrations/mandrill/mandrill.ts'
import { continueConversation } from '../marketing/conversations.ts'
import type { MessageRequest } from '../marketing/messages/request.ts'
import { reopenMessage } from '../marketing/messages/send-ledger.ts'
import { type SendOutcome, sendMessage } from '../marketing/messages/send-message.ts'
import { updateWorkspaceSettings } from '../marketing/workspace-settings.ts'
import { findFreePort } from '../scripts/services/index.ts'
import { defineJob } from '../workers/define-job.ts'
import { messageSend } from '../workers/message.send.ts'
import { type JobStage, startJobs } from './support/jobs.ts'

/** Sends what it is told to; a test has no other use for it than sendMessage itself. */
const messageTest = defineJob<{ request: MessageRequest }, never, SendOutcome>({
  name: 'message.test',
  description: 'Sends one message.',
  input: z.strictObject({ request: z.custom<MessageRequest>(() => true) }),
  attempts: 3,
  backoff: { type: 'fixed', delay: 50, jitter: 0 },
  run: ({ request }, context) => sendMessage(context, request),
})

/** What stands in the send ledger when the second attempt begins. */
let seenBetween: unknown

/** Finds nobody listening at the first attempt, as while a vendor's server starts anew. */
const firstRefused = defineJob<{ request: MessageRequest }, never, SendOutcome>({
  ...messageTest,
  name: 'message.refused',
  async run({ request }, context) {
    if (context.job.attempt > 1) {
      seenBetween = await stage.messages(request.leadId)
      return sendMessage(context, request)
    }
    const nobody = {
      baseUrl: `http://127.0.0.1:${await findFreePort(40_000)}`,
      apiKey: 'md-key',
      fromEmail: 'a@example.com',
      fromName: 'A',
    }
    const senders = async () => ({ email: createMandrill(nobody) })
    return sendMessage({ ...context, services: { ...stage.services, senders } as never }, request)
  },
})

/** What an ordinary job finds of the verbs that write to people. */
const verbsList = defineJob<Record<string, never>, never, Record<string, string[]>>({
  name: 'verbs.list',
  description: 'Lists what can be called.',
  input: z.strictObject({}),
  async run(_, { services, job }) {
    const { email, whatsapp } = await services.accounts(job.workspaceId)
    return { email: Object.keys(email), whatsapp: Object.keys(whatsapp) }
  },
})

let stage: JobStage
beforeAll(async () => {
  stage = await startJobs([messageTest, firstRefused, verbsList])
  for (const name of ['offer', 'reminder'])
    await stage.sandbox('POST', '/templates', { vendor: 'mandrill', name })
})
afterAll(() => stage?.close())

const granted = { emailConsent: 'GRANTED', whatsappConsent: 'GRANTED' } as const
let people = 0
async function addLead() {
  people += 1
  const address = { email: `person${people}@example.com`, phone: `+3461234${String(2_000 + people)}` }
  const leadId = await stage.addLead({ ...address, ...granted, firstName: 'Ben', locale: 'de' })
  return { leadId, ...address }
}
const send = async (request: MessageRequest) =>
  (await stage.run(messageTest, { request })) as {
    state: string
    result: unknown
    errorMessage?: string | null
  }
const offer = (leadId: string) =>
  ({
    leadId,
    channel: 'EMAIL',
    purpose: 'offer',
    template: 'offer',
    variables: { name: { lead: 'firstName' } },
  }) as const
const loseAnswer = (vendor: string, drop: 'before' | 'after', path: string) =>
  stage.sandbox('POST', '/faults', { vendor, action: { drop }, match: { path }, times: 1 })

test('a mail of any purpose whose answer was lost, and which never arrived, is sent again as what it was', async () => {
  const { leadId, email } = await addLead()
  await loseAnswer('mandrill', 'before', '.*send-template')
  expect(await send(offer(leadId))).toMatchObject({ result: { outcome: 'UNKNOWN' } })
  const [sent] = await stage.world.until('it is sent', async () => {
    const sends = await stage.sends(email)
    return sends.length > 0 && sends
  })
  expect(sent).toMatchObject({ template: 'offer' })
  const [message] = await stage.messages(leadId)
  expect(message).toMatchObject({ purpose: 'offer', content: { template: 'offer' } })
  expect((await stage.timeline(leadId)).filter((line) => line.startsWith('MESSAGE_UNKNOWN'))).toHaveLength(1)
})

test('one that did arrive is found, and not sent a second time', async () => {
  const { leadId, email } = await addLead()
  await loseAnswer('mandrill', 'after', '.*send-template')
  await send(offer(leadId))
  await stage.world.until('it is found', async () => (await stage.messages(leadId))[0]?.state === 'ACCEPTED')
  expect(await stage.sends(email)).toHaveLength(1)
})

test('a vendor that refuses connections loses nothing: the claim is given back, and the message is sent later', async () => {
  const { leadId, email } = await addLead()
  expect(await stage.run(firstRefused, { request: offer(leadId) })).toMatchObject({
    result: { outcome: 'ACCEPTED' },
  })
  expect(await stage.sends(email)).toHaveLength(1)
  const timeline = await stage.timeline(leadId)
  expect(timeline.filter((line) => line.startsWith('MESSAGE'))).toEqual(['MESSAGE_ACCEPTED'])
  expect(seenBetween).toMatchObject([{ state: 'NOT_SENT', reason: 'ECONNREFUSED' }])
})

test('who was never asked gets no mail but the welcome: not knowing is no yes', async () => {
  const email = 'never.asked@example.com'
  const leadId = await stage.addLead({ email })
  expect(await send(offer(leadId))).toMatchObject({ result: { outcome: 'SKIPPED', reason: 'NO_CONSENT' } })
  expect(await stage.sends(email)).toEqual([])
  const welcome = { ...offer(leadId), purpose: 'welcome', template: 'welcome' }
  expect(await send(welcome)).toMatchObject({ result: { outcome: 'ACCEPTED' } })
})

test('who was never asked gets no welcome either, unless the workspace says so, by channel', async () => {
  const { ledger, actor } = stage.world
  const choose = (unknownConsent: object) =>
    ledger.transaction((em) => updateWorkspaceSettings(em, actor, { unknownConsent }))
  const email = 'unasked@example.com'
  const leadId = await stage.addLead({ email, phone: '+34612349999' })
  const welcome = { ...offer(leadId), purpose: 'welcome', template: 'welcome' }
  const greeting = { ...welcome, channel: 'WHATSAPP', template: 'none_such' } as const
  await choose({ email: false })
  expect(await send(welcome)).toMatchObject({ result: { outcome: 'SKIPPED', reason: 'NO_CONSENT' } })
  expect(await send(greeting)).toMatchObject({ result: { reason: 'NO_CONSENT' } })
  await choose({ whatsapp: true })
  expect(await send(welcome)).toMatchObject({ result: { reason: 'NO_CONSENT' } })
  expect(await send(greeting)).not.toMatchObject({ result: { reason: 'NO_CONSENT' } })
  expect(await stage.sends(email)).toEqual([])
  await choose({ email: true, whatsapp: false })
})

test('two jobs that want the same message at once send it once', async () => {
  const { leadId, email } = await addLead()
  const both = await Promise.all([send(offer(leadId)), send(offer(leadId))])
  expect(both.map(({ result }) => (result as SendOutcome).outcome)).toEqual(['ACCEPTED', 'ACCEPTED'])
  expect(await stage.sends(email)).toHaveLength(1)
})

test('another occurrence of a purpose is another message', async () => {
  const { leadId, email } = await addLead()
  for (const occurrence of ['may', 'june', 'june']) await send({ ...offer(leadId), occurrence })
  expect(await stage.sends(email)).toHaveLength(2)
})

test('a message that did not get through is sent again with what the lead’s row says by now', async () => {
  const { leadId, email } = await addLead()
  await send(offer(leadId))
  const [message] = await stage.messages(leadId)
  await stage.world.ledger.transaction((em) => reopenMessage(em, message!.id))
  expect(await stage.run(messageSend, { messageId: message!.id })).toMatchObject({
    result: { outcome: 'ACCEPTED' },
  })
  expect(await stage.sends(email)).toHaveLength(2)
  expect(await stage.messages(leadId)).toMatchObject([{ id: message!.id, state: 'ACCEPTED' }])
})

test('a lead that was erased gets nothing, and a message to it cannot be sent again', async () => {
  const { leadId, email } = await addLead()
  await send(offer(leadId))
  const [message] = await stage.messages(leadId)
  await stage.world.ledger.transaction(async (em) => {
    await reopenMessage(em, message!.id)
    await em.execute('update message set content = null where id = ?', [message!.id])
    await em.execute('update `lead` set email = null, erased_at = now() where id = ?', [leadId])
  })
  const gone = { outcome: 'SKIPPED', reason: 'LEAD_GONE' }
  expect(await stage.run(messageSend, { messageId: message!.id })).toMatchObject({ result: gone })
  expect(await send({ ...offer(leadId), occurrence: 'later' })).toMatchObject({ result: gone })
  expect(await stage.sends(email)).toHaveLength(1)
})

test('free text leaves by WhatsApp within 24 hours after the person wrote, and not without that', async () => {
  const { leadId, phone } = await addLead()
  const answer = { leadId, channel: 'WHATSAPP', purpose: 'answer', text: 'See you at ten' } as const
  expect(await send({ ...answer, occurrence: 'a' })).toMatchObject({ result: { reason: 'WINDOW_CLOSED' } })
  const person = { workspaceId: stage.world.actor.workspaceId, phoneNumberId: '1', waId: phone.slice(1) }
  await stage.world.ledger.transaction((em) => continueConversation(em, person, new Date()))
  expect(await send({ ...answer, occurrence: 'b' })).toMatchObject({ result: { outcome: 'ACCEPTED' } })
  expect(await stage.sends(phone)).toMatchObject([{ template: 'text: See you at ten' }])
})

test.each(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED'])(
  'a template that is %s is not sent',
  async (status) => {
    const { leadId, phone } = await addLead()
    const { workspaceId } = stage.world.actor
    await stage.world.fork().execute('delete from whatsapp_template')
    await stage.world.fork().execute(
      `insert into whatsapp_template (id, workspace_id, name, language, status, category, body, variables, synced_at)
     values (?, ?, 'welcome_lead', 'de', ?, 'UTILITY', 'Hallo {{1}}', '["1"]', now())`,
      [`watpl_${status}`, workspaceId, status],
    )
    const request = { leadId, channel: 'WHATSAPP', purpose: 'news', template: 'welcome_lead' } as const
    const variables = { 1: { lead: 'firstName' } }
    expect(await send({ ...request, variables })).toMatchObject({ result: { reason: 'NOT_APPROVED' } })
    expect(await stage.timeline(leadId)).toContain('MESSAGE_SKIPPED NOT_APPROVED')
    await stage.world.fork().execute("update whatsapp_template set status = 'APPROVED'")
    expect(await send({ ...request, variables })).toMatchObject({ result: { outcome: 'ACCEPTED' } })
    expect(await stage.sends(phone)).toHaveLength(1)
    expect(await stage.messages(leadId)).toMatchObject([{ content: { language: 'de', body: 'Hallo Ben' } }])
  },
)

test('what no message can be made of ends the job at once, with every fault named', async () => {
  const { leadId } = await addLead()
  const wrong = { leadId, channel: 'EMAIL', purpose: 'Two words', text: 'hi', occurrence: 'a b' } as const
  expect(await send(wrong as MessageRequest)).toMatchObject({
    state: 'DEAD',
    errorMessage: expect.stringMatching(/purpose: .*; occurrence: .*; text: /),
  })
})

test('an ordinary job is not handed the verbs that write to people', async () => {
  const { result } = await stage.run(verbsList, {})
  const { email, whatsapp } = result as Record<string, string[]>
  expect(email).toContain('findByMetadata')
  expect(whatsapp).toContain('templates')
  expect([...email!, ...whatsapp!].filter((verb) => verb.startsWith('send'))).toEqual([])
})

test('the guides show the job and its test as they run here', () => {
  const shown = (page: string) => readFileSync(`docs/${page}.md`, 'utf8')
  const file = (name: string) =>
    readFileSync(`test/examples/${name}`, 'utf8')
      .replaceAll("'../../workers/", "'./")
      .replaceAll("'../../", "'../")
  expect(shown('sending')).toContain(file('lead.remind.ts'))
  expect(shown('testing-a-job')).toContain(readFileSync('test/examples/lead.remind.test.ts', 'utf8'))
})
