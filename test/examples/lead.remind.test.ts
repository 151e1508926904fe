import { afterAll, beforeAll, expect, test } from 'vitest'
import { suppress } from '../../marketing/suppression.ts'
import { type JobStage, startJobs } from '../support/jobs.ts'
import { leadRemind } from './lead.remind.ts'

let stage: JobStage
beforeAll(async () => {
  stage = await startJobs([leadRemind])
  await stage.sandbox('POST', '/templates', { vendor: 'mandrill', name: 'reminder' })
  const whatsapp = { name: 'appointment_reminder', languages: ['en', 'de'], params: 1 }
  await stage.sandbox('POST', '/templates', { vendor: 'whatsapp', ...whatsapp })
})
afterAll(() => stage?.close())

const appointmentId = '2026-11-30'
const remind = (leadId: string) => stage.run(leadRemind, { leadId, appointmentId })

test('a lead is reminded of an appointment once, however often it is asked for', async () => {
  const email = 'anna@example.com'
  const leadId = await stage.addLead({ email, firstName: 'Anna', emailConsent: 'GRANTED' })
  expect(await remind(leadId)).toMatchObject({ state: 'COMPLETED', result: { email: 'ACCEPTED' } })
  expect(await remind(leadId)).toMatchObject({ result: { email: 'ACCEPTED' } })
  expect(await stage.sends(email)).toMatchObject([{ template: 'reminder' }])
})

test('an address that is suppressed gets no reminder by e-mail, and the lead’s timeline says why', async () => {
  const [email, phone] = ['bounced@example.com', '+34612345001']
  const leadId = await stage.addLead({ email, phone, emailConsent: 'GRANTED', whatsappConsent: 'GRANTED' })
  const { workspaceId } = stage.world.actor
  const said = { workspaceId, at: new Date(), source: 'mandrill', correlationId: 'test' }
  await stage.world.ledger.transaction((em) =>
    suppress(em, { ...said, channel: 'EMAIL', address: email }, 'HARD_BOUNCE'),
  )
  expect(await remind(leadId)).toMatchObject({ result: { email: 'SUPPRESSED', whatsapp: 'ACCEPTED' } })
  expect(await stage.sends(email)).toEqual([])
  expect(await stage.sends(phone)).toMatchObject([{ template: 'appointment_reminder' }])
  expect(await stage.timeline(leadId)).toContain('MESSAGE_SKIPPED SUPPRESSED')
})

test('a mail that left although its answer was lost is not sent a second time', async () => {
  const email = 'lost@example.com'
  const leadId = await stage.addLead({ email, emailConsent: 'GRANTED' })
  const fault = {
    vendor: 'mandrill',
    action: { drop: 'after' },
    match: { path: '.*send-template' },
    times: 1,
  }
  await stage.sandbox('POST', '/faults', fault)
  expect(await remind(leadId)).toMatchObject({ result: { email: 'UNKNOWN' } })
  await stage.world.until('it is found', async () => (await stage.messages(leadId))[0]?.state === 'ACCEPTED')
  expect(await stage.sends(email)).toHaveLength(1)
})
