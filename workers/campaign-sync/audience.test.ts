import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Mailchimp, MemberPage } from '../../integrations/mailchimp/verbs.ts'
import { insertLeads } from '../../marketing/leads.ts'
import { type Campaigns, startCampaigns } from '../../test/support/campaigns.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type Range = Parameters<Mailchimp['memberPage']>[0]

/** What happens around each page the job reads; `answer` stands in for Mailchimp. */
let around: {
  before?: (range: Range, signal: AbortSignal) => Promise<unknown>
  answer?: (range: Range) => MemberPage
} = {}
let pagesRead: Range[] = []

let stage: Campaigns
beforeAll(async () => {
  stage = await startCampaigns({ mailchimp: watched })
})
beforeEach(async () => {
  around = {}
  pagesRead = []
  await stage.reset()
})
afterAll(() => stage?.close())

function watched(client: Mailchimp): Mailchimp {
  return {
    ...client,
    async memberPage(range, context) {
      await around.before?.(range, context.signal)
      if (range.count > 1) pagesRead.push(range)
      return around.answer?.(range) ?? client.memberPage(range, context)
    },
  }
}

/** A page of an audience whose members have not changed for long. */
function pageOf(total: number, offset: number, count: number): MemberPage {
  const members = Array.from({ length: Math.min(count, total - offset) }, (_, index) => {
    const email = `person${offset + index}@example.com`
    const memberId = createHash('md5').update(email).digest('hex')
    return { memberId, contactId: undefined, email, status: 'subscribed' as const, lastChanged: new Date(0) }
  })
  return { members, total }
}

const nobody = { phone: null, firstName: null, lastName: null, company: null, locale: null, timeZone: null }
const neutral = { source: null, utm: {}, tags: [], customFields: {}, campaignId: null }

async function addLeads(emails: string[], emailConsent: 'UNKNOWN' | 'GRANTED' = 'UNKNOWN', at = new Date()) {
  const consent = { emailConsent, whatsappConsent: 'UNKNOWN' as const }
  const items = emails.map((email) => ({ ...nobody, ...neutral, ...consent, email, correlationId: 'test' }))
  const { ledger, actor } = stage.world
  const made = await ledger.transaction((em) => insertLeads(em, actor.workspaceId, items, at))
  return made.map((each) => (each.kind === 'created' ? each.lead.id : each.leadId))
}

const addMembers = (count: number, from = 1) =>
  stage.sandbox('POST', '/members', { list: 'a6b5da1054', count, from })
const counts = async (jobId: string) => {
  const sql = 'select only_in_mailchimp, only_here from campaign_sync where job_id = ?'
  const [row] = await stage.world.fork().execute<Record<string, number>[]>(sql, [jobId])
  return row
}
const known = async () => {
  const [row] = await stage.world.fork().execute<{ n: number }[]>('select count(*) as n from audience_member')
  return Number(row!.n)
}

describe('the audience', () => {
  test('is compared with our leads: who is only there, who is only here, and who has gone since', async () => {
    await addLeads(['member1@bulk.example', 'only-here@example.com', 'also-here@example.com'])
    const first = await stage.sync('AUDIENCE')
    expect(first.state).toBe('COMPLETED')
    expect(await counts(first.jobId)).toEqual({ only_in_mailchimp: 2, only_here: 2 })
    await stage.act('archive', { email: 'member1@bulk.example' })
    const second = await stage.sync('AUDIENCE')
    expect(await counts(second.jobId)).toEqual({ only_in_mailchimp: 2, only_here: 3 })
    expect(await known()).toBe(2)
  })

  test('of 100,000 is read in flat memory: no page is held once the next one is read', async () => {
    const pages: WeakRef<MemberPage['members']>[] = []
    let most = 0
    around.answer = ({ offset, count, since }) => {
      const page = since ? { members: [], total: 0 } : pageOf(100_000, offset, count)
      pages.push(new WeakRef(page.members))
      if (pages.length % 10 !== 0) return page
      collectGarbage()
      most = Math.max(most, pages.filter((ref) => ref.deref()).length)
      return page
    }
    const { state, jobId } = await stage.sync('AUDIENCE')
    expect([state, await known()]).toEqual(['COMPLETED', 100_000])
    expect(await counts(jobId)).toEqual({ only_in_mailchimp: 100_000, only_here: 0 })
    expect(pagesRead).toHaveLength(100)
    expect(most).toBeLessThanOrEqual(3)
    expect((await stage.world.job(jobId)).progress).toEqual({ done: 100, total: 100, phase: 'AUDIENCE' })
  }, 180_000)

  test('misses nobody though members change while its pages are read', async () => {
    await addMembers(4_500)
    let turn = 0
    around.before = async ({ count }) => {
      if (count === 1 || ++turn > 5) return
      for (const n of [turn, 1_000 + turn, 3_900 + turn])
        await stage.act('profile', {
          email: `member${n}@bulk.example`,
          merge_fields: { FNAME: `Turn ${turn}` },
        })
      await stage.act('subscribe', { email: `new${turn}@example.com` })
    }
    await stage.sync('AUDIENCE')
    expect(await known()).toBe(4_505)
  })

  test('goes on at the page it was at when a page could not be read', async () => {
    await addMembers(5_000)
    let reads = 0
    around.before = async ({ count }) => {
      if (count > 1 && ++reads === 3) throw Object.assign(new Error('gone'), { errorClass: 'TRANSIENT' })
    }
    expect((await stage.sync('AUDIENCE')).state).toBe('COMPLETED')
    const offsets = pagesRead.filter(({ since }) => !since).map(({ offset }) => offset)
    expect(offsets).toEqual([4_000, 3_000, 2_000, 1_000, 0])
    expect(await known()).toBe(5_000)
  })

  test('can be left in the middle by a cancelled job', async () => {
    await addMembers(5_000)
    let jobId = ''
    around.before = async ({ count, offset }, signal) => {
      if (count === 1 || offset !== 2_000) return
      const stopped = once(signal, 'abort')
      await stage.world.ledger.cancel(stage.world.actor, jobId)
      await stopped
    }
    jobId = await stage.start('AUDIENCE')
    expect((await stage.report(jobId)).state).toBe('CANCELLED')
    expect(await known()).toBe(2_000)
  })
})

describe('consent', () => {
  const stateOf = async (id: string) => {
    const [row] = await stage.world
      .fork()
      .execute<{ email_consent: string }[]>('select email_consent from `lead` where id = ?', [id])
    return row!.email_consent
  }

  test('is withdrawn here when somebody left at Mailchimp after giving it, and the timeline says so', async () => {
    const dayAgo = new Date(Date.now() - 86_400_000)
    const [left, bounced, stays] = await addLeads(
      ['member1@bulk.example', 'member2@bulk.example', 'member3@bulk.example'],
      'GRANTED',
      dayAgo,
    )
    await stage.act('unsubscribe', { email: 'member1@bulk.example' })
    await stage.act('cleaned', { email: 'member2@bulk.example' })
    await stage.sync('AUDIENCE')
    expect(await Promise.all([left, bounced, stays].map((id) => stateOf(id!)))).toEqual([
      'DENIED',
      'DENIED',
      'GRANTED',
    ])
    const events = await stage.world
      .fork()
      .execute<{ detail: string }[]>("select detail from lead_event where lead_id = ? and type = 'UPDATED'", [
        left,
      ])
    expect(events.map(({ detail }) => JSON.parse(detail))).toEqual([{ changed: ['emailConsent'] }])
  })

  test('that was given here after somebody left at Mailchimp stays', async () => {
    await stage.act('unsubscribe', { email: 'member1@bulk.example' })
    const [id] = await addLeads(['member1@bulk.example'], 'GRANTED', new Date(Date.now() + 60_000))
    await stage.sync('AUDIENCE')
    expect(await stateOf(id!)).toBe('GRANTED')
  })
})
