import { z } from 'zod'
import type { Em } from '../entities/index.ts'
import { Lead } from '../entities/lead.ts'
import type { JobContext } from '../ledger/definition.ts'
import { recordSync } from '../marketing/contacts/record-sync.ts'
import { type ContactRole, type Synced, syncContact } from '../marketing/contacts/sync-contact.ts'
import { appendFacts } from '../marketing/facts.ts'
import { appendLeadEvents } from '../marketing/lead-events.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import { skippedFact } from '../marketing/step-metrics.ts'
import type { Services } from '../runtime/services.ts'
import { defineJob } from './define-job.ts'
import { messageResolve } from './message.resolve.ts'
import { type SendResult, sendWelcomeEmail, sendWelcomeWhatsapp } from './welcome.ts'
import { throwWorst } from './worst-error.ts'

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
      const take = stepsOf(context, lead)
      let done = 0
      const outcomes = await Promise.allSettled(
        steps.map(async (step) => {
          const { outcome } = await take[step]()
          context.progress({ done: ++done, total: steps.length, step })
          return [step, outcome] as const
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
  const message = (step: keyof typeof channelOf, send: () => Promise<StepResult>) => () =>
    context.step(step, send, (em, result) => recordMessage(em, context, lead, step, result))
  return {
    mailchimp: () => bring(context, lead.id, 'mailchimp'),
    crm: () => bring(context, lead.id, 'crm'),
    'welcome-email': message('welcome-email', () => sendWelcomeEmail(context, lead, lookUpLater)),
    // WhatsApp offers no search: its own status webhook settles a lost answer, else an operator does.
    'welcome-whatsapp': message('welcome-whatsapp', () =>
      sendWelcomeWhatsapp(context, lead, async () => undefined),
    ),
  }
}

/** The step of a vendor that keeps contacts. It reads the lead anew: a change meanwhile is brought along. */
function bring(context: Context, leadId: string, role: ContactRole): Promise<StepResult> {
  const cause = { jobId: context.job.id, correlationId: context.job.correlationId }
  let synced: Synced | undefined
  return context.step(
    role,
    async () => {
      synced = await syncContact(context, leadId, role)
      const { outcome = 'SKIPPED', reason } = synced ?? {}
      // What the vendor holds already is as good as written.
      return { outcome: outcome === 'UNCHANGED' ? 'DONE' : outcome, ...(reason !== undefined && { reason }) }
    },
    async (em) => {
      if (synced) await recordSync(em, synced, cause)
    },
  )
}

const channelOf = { 'welcome-email': 'EMAIL', 'welcome-whatsapp': 'WHATSAPP' } as const

/** A message that left writes its own line and is counted, in marketing/messages.ts. */
async function recordMessage(
  em: Em,
  { job }: Context,
  lead: LeadRow,
  step: keyof typeof channelOf,
  { outcome, reason }: StepResult,
): Promise<void> {
  const channel = channelOf[step]
  if (outcome === 'ACCEPTED')
    await em.execute("update `lead` set status = 'WELCOMED' where id = ? and status = 'NEW'", [lead.id])
  if (outcome !== 'SKIPPED') return
  await appendFacts(em, [skippedFact(lead, channel, step, 'welcome')])
  const detail = { step, channel, purpose: 'welcome', ...(reason !== undefined && { reason }) }
  const about = { leadId: lead.id, at: new Date(), jobId: job.id, correlationId: job.correlationId }
  await appendLeadEvents(em, [{ ...about, type: 'MESSAGE_SKIPPED', detail }])
}
