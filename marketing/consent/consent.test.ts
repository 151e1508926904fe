import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConsentEvent } from '../../entities/consent-event.ts'
import type { Em } from '../../entities/index.ts'
import { type Api, startApi } from '../../test/support/api.ts'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { leadCreated } from '../../workers/lead.created.ts'
import { eraseLeadRows } from '../erasure.ts'
import { resubscribe, type Statement, suppress } from '../suppression.ts'
import { changeConsent } from './change-consent.ts'

let api: Api
let crm: ReturnType<typeof leadsOf>
beforeAll(async () => {
  api = await startApi([leadCreated])
  crm = leadsOf(() => api.world)
})
afterAll(() => api.close())

const within = <T>(work: (em: Em) => Promise<T>) => api.world.ledger.transaction(work)
const at = (time: string) => new Date(`2026-10-01T${time}Z`)

async function history(leadId: string) {
  const lines = await api.world
    .fork()
    .find(ConsentEvent, { leadId }, { orderBy: { id: 'asc' }, disableIdentityMap: true })
  return lines.map(({ channel, fromState, toState, source, vendor }) =>
    [channel, fromState, toState, vendor ?? source].join(' '),
  )
}

/** No lead is in another state than the last line of its history says. */
async function contradictions() {
  const last = (channel: string) =>
    `coalesce((select to_state from consent_event e where e.lead_id = l.id and e.channel = '${channel}' order by e.id desc limit 1), 'UNKNOWN')`
  return crm.rows(
    `select id from \`lead\` l where email_consent <> ${last('EMAIL')} or whatsapp_consent <> ${last('WHATSAPP')}`,
  )
}

function about(address: string, time: string, source = 'mandrill'): Statement {
  const workspaceId = api.world.actor.workspaceId
  return { workspaceId, channel: 'EMAIL', address, at: at(time), source, correlationId: 'c' }
}

describe('consent history', () => {
  test('each change of a consent leaves a line, whoever made it, and repeats leave none', async () => {
    const email = 'history@example.com'
    const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' }, at('08:00:00'))
    for (let i = 0; i < 2; i++) await within((em) => suppress(em, about(email, '10:00:00'), 'COMPLAINT'))
    await within((em) => resubscribe(em, about(email, '12:00:00', 'mailchimp')))
    for (let i = 0; i < 2; i++)
      await within((em) => eraseLeadRows(em, leadId, { at: at('13:00:00'), correlationId: 'c' }))
    expect(await history(leadId)).toEqual([
      'EMAIL UNKNOWN GRANTED API',
      'EMAIL GRANTED DENIED mandrill',
      'EMAIL DENIED GRANTED mailchimp',
      'EMAIL GRANTED DENIED ERASURE',
      'WHATSAPP UNKNOWN DENIED ERASURE',
    ])
    expect(await contradictions()).toEqual([])
  })

  test('the wish that was said last holds, in whatever order wishes arrive', async () => {
    const said = [
      ['GRANTED', '09:00:00'],
      ['DENIED', '10:00:00'],
      ['GRANTED', '11:00:00'],
      ['DENIED', '11:30:00'],
    ] as const
    const orders = [said, said.toReversed(), [said[2], said[0], said[3], said[1]]]
    for (const [index, order] of orders.entries()) {
      const leadId = await crm.addLead({ email: `order${index}@example.com` })
      for (const [consent, time] of order)
        await within((em) =>
          changeConsent(
            em,
            leadId,
            { channel: 'EMAIL', consent, at: at(time), source: 'VENDOR', correlationId: 'c' },
            at('12:00:00'),
          ),
        )
      expect(await crm.lead(leadId)).toMatchObject({
        email_consent: 'DENIED',
        email_consent_at: '2026-10-01 11:30:00.000',
      })
    }
    expect(await contradictions()).toEqual([])
  })
})

const fields = `nodes { channel from to at source wording apiKeyId } totalCount`
const createLead = (input: object) =>
  api.ask(
    `mutation ($input: CreateLeadInput!) { createLead(input: $input) { __typename
      ... on CreateLeadPayload { lead { id emailConsentAt consentHistory(first: 5) { ${fields} } } }
      ... on InvalidInputError { issues { path } } } }`,
    { input },
  )
const updateLead = (input: object) =>
  api.ask(
    `mutation ($input: UpdateLeadInput!) { updateLead(input: $input) { __typename
      ... on UpdateLeadPayload { changed lead { version emailConsent consentHistory { ${fields} } } } } }`,
    { input },
  )

describe('consent in the API', () => {
  test('a lead is created with the text the person agreed to, where and when, and its history says so', async () => {
    const { data } = await createLead({
      email: 'form@example.com',
      emailConsent: 'GRANTED',
      whatsappConsent: 'DENIED',
      consentAt: '2026-09-30T18:00:00.000Z',
      consentSource: 'FORM',
      consentWording: 'Write to me about ovens',
    })
    const line = {
      from: 'UNKNOWN',
      at: '2026-09-30T18:00:00.000Z',
      source: 'FORM',
      wording: 'Write to me about ovens',
      apiKeyId: expect.stringMatching(/^key_/),
    }
    expect(data.createLead.lead).toMatchObject({
      emailConsentAt: line.at,
      consentHistory: {
        totalCount: 2,
        nodes: expect.arrayContaining([
          { ...line, channel: 'EMAIL', to: 'GRANTED' },
          { ...line, channel: 'WHATSAPP', to: 'DENIED' },
        ]),
      },
    })
  })

  test('a consent that is older than the known one changes nothing; saying it again with another text is kept', async () => {
    const { data } = await createLead({ email: 'again@example.com', emailConsent: 'DENIED' })
    const { id } = data.createLead.lead
    const old = {
      id,
      emailConsent: 'GRANTED',
      consentAt: '2020-01-01T00:00:00.000Z',
      consentSource: 'IMPORT',
    }
    expect((await updateLead(old)).data.updateLead).toMatchObject({
      changed: false,
      lead: { version: 1, emailConsent: 'DENIED', consentHistory: { totalCount: 1 } },
    })
    const yes = { id, emailConsent: 'GRANTED', consentSource: 'FORM', consentWording: 'Yes' }
    expect((await updateLead(yes)).data.updateLead).toMatchObject({
      changed: true,
      lead: { version: 2, emailConsent: 'GRANTED', consentHistory: { totalCount: 2 } },
    })
    const { data: again } = await updateLead({ ...yes, consentWording: 'Yes, monthly' })
    expect(again.updateLead.lead.consentHistory.nodes[0]).toMatchObject({
      from: 'GRANTED',
      to: 'GRANTED',
      wording: 'Yes, monthly',
    })
    expect(await contradictions()).toEqual([])
  })

  test('a text without a consent and a consent of tomorrow are refused, and no lead is made', async () => {
    const ahead = new Date(Date.now() + 86_400_000).toISOString()
    for (const [input, path] of [
      [{ consentWording: 'Write to me' }, ''],
      [{ emailConsent: 'GRANTED', consentAt: ahead }, 'consentAt'],
      [{ emailConsent: 'GRANTED', consentWording: 'x'.repeat(1_001) }, 'consentWording'],
    ] as const) {
      const { data } = await createLead({ email: 'refused@example.com', ...input })
      expect(data.createLead).toEqual({ __typename: 'InvalidInputError', issues: [{ path }] })
    }
    expect(await crm.rows('select 1 from `lead` where email = ?', ['refused@example.com'])).toEqual([])
  })
})
