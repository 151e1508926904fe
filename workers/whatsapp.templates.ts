import { z } from 'zod'
import type { TemplatePage } from '../integrations/whatsapp/verbs.ts'
import type { JobContext } from '../ledger/definition.ts'
import { saveTemplates } from '../marketing/whatsapp/templates.ts'
import type { Services } from '../runtime/services.ts'
import { isConnected } from './connected.ts'
import { defineJob } from './define-job.ts'

interface Progress {
  /** Templates read so far; WhatsApp does not say how many there are. */
  read: number
}

interface Input {
  whenConnected?: boolean | undefined
}

type Result =
  | {
      templates: number
      /** Templates that are gone at WhatsApp and so here. */
      deleted: number
    }
  | { skipped: 'NOT_CONNECTED' }

/**
 * Copies the message templates of a workspace's WhatsApp account. All pages are read before anything is written (an
 * account has at most 6,000 templates), so a sync that breaks off changes nothing and is simply run again.
 */
export const whatsappTemplates = defineJob<Input, Progress, Result>({
  name: 'whatsapp.templates',
  description: 'Copies the message templates of the WhatsApp account, with their states, into the database.',
  input: z.strictObject({
    whenConnected: z
      .boolean()
      .optional()
      .describe('Is done at once when the workspace has no WhatsApp account, instead of waiting for one'),
  }),
  progress: z.object({ read: z.int() }),
  app: 'lead.created',
  timeoutMs: 300_000,
  concurrency: 1,
  schedule: { cron: '40 4 * * *', input: { whenConnected: true } },
  mutation: { permission: 'workspace:admin' },
  async run({ whenConnected }, context) {
    if (whenConnected && !(await isConnected(context, 'whatsapp'))) return { skipped: 'NOT_CONNECTED' }
    const at = new Date()
    const templates = await readAll(context)
    const deleted = await context.transaction((em) =>
      saveTemplates(em, context.job.workspaceId, templates, at),
    )
    return { templates: templates.length, deleted }
  },
})

async function readAll({ services, job, signal, progress }: JobContext<Progress, Services>) {
  const { whatsapp } = await services.accounts(job.workspaceId)
  const templates: TemplatePage['templates'] = []
  let after: string | undefined
  do {
    const page = await whatsapp.templates({ after }, { signal, correlationId: job.correlationId })
    templates.push(...page.templates)
    progress({ read: templates.length })
    after = page.next
  } while (after !== undefined)
  return templates
}
