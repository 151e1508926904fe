import { z } from 'zod'
import { Lead } from '../entities/lead.ts'
import type { WorkspaceSettings } from '../entities/workspace.ts'
import type { JobContext } from '../ledger/definition.ts'
import { NotFoundError } from '../ledger/errors.ts'
import { recordSync } from '../marketing/contacts/record-sync.ts'
import { type ContactRole, type Synced, syncContact } from '../marketing/contacts/sync-contact.ts'
import { leaveUnknown } from '../marketing/messages/send-ledger.ts'
import type { SendOutcome } from '../marketing/messages/send-message.ts'
import { sendWelcome } from '../marketing/messages/welcome.ts'
import { readWorkspaceSettings } from '../marketing/workspace-settings.ts'
import type { Services } from '../runtime/services.ts'
import { defineJob } from './define-job.ts'
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
  outcome: 'DONE' | 'REFUSED' | SendOutcome['outcome']
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
      if (!lead) throw new NotFoundError(leadId)
      if (lead.erasedAt) return { leadGone: true }
      const { welcome } = await readWorkspaceSettings(context.em, context.job.workspaceId)
      const take = stepsOf(context, leadId, welcome)
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
    onDead: (em, { id, input }) => leaveUnknown(em, input.leadId, id),
  },
)

const switchedOff: StepResult = { outcome: 'SKIPPED', reason: 'SWITCHED_OFF' }

function stepsOf(
  context: Context,
  leadId: string,
  on: WorkspaceSettings['welcome'],
): Record<Step, () => Promise<StepResult>> {
  const off = (step: Step) => () => context.step(step, async () => switchedOff)
  return {
    mailchimp: !on.mailchimp ? off('mailchimp') : () => bring(context, leadId, 'mailchimp'),
    crm: !on.crm ? off('crm') : () => bring(context, leadId, 'crm'),
    'welcome-email': !on.email
      ? off('welcome-email')
      : () => context.step('welcome-email', () => ifConnected(() => sendWelcome(context, leadId, 'EMAIL'))),
    'welcome-whatsapp': !on.whatsapp
      ? off('welcome-whatsapp')
      : () =>
          context.step('welcome-whatsapp', () => ifConnected(() => sendWelcome(context, leadId, 'WHATSAPP'))),
  }
}

/** A vendor the workspace has no account at has nothing to do with its leads. */
async function ifConnected<T extends StepResult>(work: () => Promise<T>): Promise<T | StepResult> {
  try {
    return await work()
  } catch (error) {
    if ((error as { code?: string }).code !== 'NOT_CONNECTED') throw error
    return { outcome: 'SKIPPED', reason: 'NOT_CONNECTED' }
  }
}

/** The step of a vendor that keeps contacts. It reads the lead anew: a change meanwhile is brought along. */
function bring(context: Context, leadId: string, role: ContactRole): Promise<StepResult> {
  const cause = { jobId: context.job.id, correlationId: context.job.correlationId }
  let synced: Synced | undefined
  return context.step(
    role,
    () =>
      ifConnected(async () => {
        synced = await syncContact(context, leadId, role)
        const { outcome = 'SKIPPED', reason } = synced ?? {}
        // What the vendor holds already is as good as written.
        return {
          outcome: outcome === 'UNCHANGED' ? 'DONE' : outcome,
          ...(reason !== undefined && { reason }),
        }
      }),
    async (em) => {
      if (synced) await recordSync(em, synced, cause)
    },
  )
}
