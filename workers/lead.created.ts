import { z } from 'zod'
import type { Em } from '../entities/index.ts'
import type { Vendor } from '../entities/integration.ts'
import { Lead } from '../entities/lead.ts'
import type { LeadEventDetail, LeadEventType } from '../entities/lead-event.ts'
import type { Channel } from '../entities/message.ts'
import type { CallContext } from '../integrations/client.ts'
import type { Mailchimp } from '../integrations/mailchimp/verbs.ts'
import type { JobContext } from '../ledger/definition.ts'
import { appendFacts } from '../marketing/facts.ts'
import { appendLeadEvents } from '../marketing/lead-events.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import { skippedFact, syncedFact } from '../marketing/step-metrics.ts'
import type { Services } from '../runtime/services.ts'
import { defineJob } from './define-job.ts'
import { asksToConfirm } from './double-opt-in.ts'
import { messageResolve } from './message.resolve.ts'
import { type SendResult, sendWelcomeEmail, sendWelcomeWhatsapp } from './welcome.ts'

const steps = ['mailchimp', 'crm', 'welcome-email', 'welcome-whatsapp'] as const
type Step = (typeof steps)[number]

interface Progress {
  done: number
  total: number
  /** The step that was done last. */
  step: Step
}

type Context = JobContext<Progress, Services>

/** What a step came to: DONE or a message's state; SKIPPED when there was nothing to do; REFUSED when the vendor does not take this person. */
interface StepResult {
  outcome: 'DONE' | 'REFUSED' | SendResult['outcome']
  reason?: string
  externalId?: string
  vendor?: Vendor
  /** Names of fields the vendor does not take as they are. */
  unfit?: readonly string[]
}

/**
 * Welcomes a new lead: audience, CRM, e-mail, WhatsApp. The four steps run side by side, so a vendor that is down delays
 * its own step only; a step that is done is not done again when the job is tried again.
 */
export const leadCreated = defineJob<{ leadId: string }, Progress, Record<Step, string> | { leadGone: true }>(
  {
    name: 'lead.created',
    description:
      'Puts a new lead into the Mailchimp audience and the CRM and sends the welcome e-mail and WhatsApp message.',
    input: z.strictObject({ leadId: z.string().describe('Id of the lead') }),
    progress: z.object({ done: z.int(), total: z.int(), step: z.enum(steps) }),
    attempts: 10,
    backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
    timeoutMs: 120_000,
    concurrency: 20,
    mutation: { permission: 'leads:write' },
    subject: ({ leadId }) => ({ leadId }),
    async run({ leadId }, context) {
      const lead = await context.em.findOne(
        Lead,
        { id: leadId, workspaceId: context.job.workspaceId },
        { disableIdentityMap: true },
      )
      if (!lead || lead.erasedAt) return { leadGone: true }
      const work = stepsOf(context, lead)
      let done = 0
      const outcomes = await Promise.allSettled(
        steps.map(async (step) => {
          const result = await context.step(step, work[step], (em, value) =>
            record(em, context, lead, step, value),
          )
          context.progress({ done: ++done, total: steps.length, step })
          return [step, result.outcome] as const
        }),
      )
      throwWorst(outcomes)
      return Object.fromEntries(
        outcomes.map((outcome) => (outcome as PromiseFulfilledResult<readonly [Step, string]>).value),
      ) as Record<Step, string>
    },
  },
)

function stepsOf(context: Context, lead: LeadRow): Record<Step, () => Promise<StepResult>> {
  const lookUpLater = (em: Em, messageId: string) => {
    const runAt = new Date(Date.now() + context.services.welcome.searchAfterSeconds * 1_000)
    return context.enqueue(em, messageResolve, { messageId }, { runAt, idempotencyKey: messageId })
  }
  return {
    mailchimp: () => refusable(() => syncAudience(context, lead)),
    crm: () => refusable(() => syncCrm(context, lead)),
    'welcome-email': () => sendWelcomeEmail(context, lead, lookUpLater),
    // WhatsApp offers no search: its own status webhook settles a lost answer, else an operator does.
    'welcome-whatsapp': () => sendWelcomeWhatsapp(context, lead, async () => undefined),
  }
}

/** Without consent the person is put in as a contact, not as a subscriber. */
async function syncAudience({ services, signal, job }: Context, lead: LeadRow): Promise<StepResult> {
  if (!lead.email) return { outcome: 'SKIPPED', reason: 'NO_EMAIL' }
  const call = { signal, correlationId: job.correlationId }
  const names = {
    firstName: lead.firstName ?? undefined,
    lastName: lead.lastName ?? undefined,
    locale: lead.locale,
  }
  const { mailchimp } = await services.accounts(job.workspaceId)
  const statusIfNew = await statusOfNew(mailchimp, lead, call)
  const { memberId, unfit } = await mailchimp.upsertMember(
    { email: lead.email, statusIfNew, ...names, fields: knownOf(lead) },
    call,
  )
  await mailchimp.tagMember({ email: lead.email, tags: lead.tags }, call)
  return { outcome: 'DONE', externalId: memberId, vendor: 'mailchimp', unfit }
}

/** What can be mapped to merge fields. What we do not know is left out: the audience may know it. */
function knownOf(lead: LeadRow): Record<string, string | Date | undefined> {
  const { company, phone, locale, timeZone, source, status, emailConsent, emailConsentAt, createdAt } = lead
  const own = { company, phone, locale, timeZone, source, status, emailConsent, emailConsentAt, createdAt }
  const custom = Object.entries(lead.customFields).map(([name, value]) => [`customFields.${name}`, value])
  return Object.fromEntries([...Object.entries(own), ...custom].filter(([, value]) => value !== null))
}

/** In an audience with double opt-in Mailchimp asks the person once more: `subscribed` would pass its owner's wish over. */
async function statusOfNew(mailchimp: Mailchimp, lead: LeadRow, call: CallContext) {
  if (lead.emailConsent !== 'GRANTED') return 'transactional'
  return (await asksToConfirm(mailchimp, call)) ? 'pending' : 'subscribed'
}

async function syncCrm({ services, signal, job }: Context, lead: LeadRow): Promise<StepResult> {
  if (!lead.email) return { outcome: 'SKIPPED', reason: 'NO_EMAIL' }
  const { firstName, lastName, company, phone } = lead
  const known = { firstName, lastName, company, phone, stage: 'lead' }
  const fields = Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
  const { crm } = await services.accounts(job.workspaceId)
  const contact = await crm.upsertContact(
    { email: lead.email, fields },
    { signal, correlationId: job.correlationId },
  )
  return { outcome: 'DONE', externalId: contact.contactId, vendor: crm.vendor }
}

/** A person the vendor does not take is an outcome, not a failure of the job. */
async function refusable(work: () => Promise<StepResult>): Promise<StepResult> {
  try {
    return await work()
  } catch (error) {
    const { recipientRefused, code } = error as { recipientRefused?: boolean; code?: string }
    if (!recipientRefused) throw error
    return { outcome: 'REFUSED', ...(code !== undefined && { reason: code }) }
  }
}

const lines: Record<Step, { synced?: LeadEventType; channel?: Channel }> = {
  mailchimp: { synced: 'MAILCHIMP_SYNCED' },
  crm: { synced: 'CRM_SYNCED' },
  'welcome-email': { channel: 'EMAIL' },
  'welcome-whatsapp': { channel: 'WHATSAPP' },
}

/** What statistics count a step under. Messages that left are counted in marketing/messages.ts. */
const channelOf = {
  mailchimp: 'EMAIL',
  crm: 'CRM',
  'welcome-email': 'EMAIL',
  'welcome-whatsapp': 'WHATSAPP',
} as const

function countStep(em: Em, lead: LeadRow, step: Step, { outcome, vendor }: StepResult): Promise<void> {
  const channel = channelOf[step]
  const purpose = lines[step].channel ? 'welcome' : null
  if (outcome === 'SKIPPED') return appendFacts(em, [skippedFact(lead, channel, step, purpose)])
  return appendFacts(em, outcome === 'DONE' && vendor ? [syncedFact(lead, channel, vendor)] : [])
}

/** The timeline's line about a step. Messages that left write their own, in marketing/messages.ts. */
async function record(
  em: Em,
  { job }: Context,
  lead: LeadRow,
  step: Step,
  result: StepResult,
): Promise<void> {
  const { synced, channel } = lines[step]
  const { vendor } = result
  if (vendor && result.externalId)
    await em.execute(
      'update `lead` set external_ids = json_set(external_ids, ?, ?) where id = ? and erased_at is null',
      [`$.${vendor}`, result.externalId, lead.id],
    )
  if (result.outcome === 'ACCEPTED')
    await em.execute("update `lead` set status = 'WELCOMED' where id = ? and status = 'NEW'", [lead.id])
  await countStep(em, lead, step, result)
  const type = typeOf(result, synced, channel)
  if (!type) return
  const detail: LeadEventDetail = {
    step,
    ...(vendor && { vendor }),
    ...(channel && { channel, purpose: 'welcome' }),
    ...(result.reason !== undefined && { reason: result.reason }),
    ...(result.unfit?.length && { unfit: [...result.unfit] }),
  }
  await appendLeadEvents(em, [
    { leadId: lead.id, type, at: new Date(), jobId: job.id, correlationId: job.correlationId, detail },
  ])
}

function typeOf(
  { outcome }: StepResult,
  synced: LeadEventType | undefined,
  channel: string | undefined,
): LeadEventType | undefined {
  if (outcome === 'DONE') return synced
  if (outcome === 'REFUSED') return 'STEP_FAILED'
  return outcome === 'SKIPPED' && channel ? 'MESSAGE_SKIPPED' : undefined
}

/** Errors that come again by themselves go first, so that no step is given up while another may still succeed. */
const precedence = ['TRANSIENT', 'UNKNOWN', 'THROTTLED', 'AUTH', 'PERMANENT']

function throwWorst(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const errors = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ reason }) => reason as { errorClass?: string })
  const rank = ({ errorClass = 'TRANSIENT' }: { errorClass?: string }) => precedence.indexOf(errorClass)
  const [worst] = errors.sort((a, b) => rank(a) - rank(b))
  if (worst) throw worst
}
