import { WhatsappTemplate } from '../entities/whatsapp-template.ts'
import type { Api } from '../schema/api.ts'
import { newestFirst } from './newest-first.ts'

/** Reading the message templates of a workspace's WhatsApp account. */
export function whatsappTemplateQueries({ builder, WhatsappTemplateConnection }: Api): void {
  const WhatsappTemplateFilter = builder.inputType('WhatsappTemplateFilter', {
    description: 'Which templates; every condition given must hold.',
    fields: (t) => ({
      names: t.stringList({ description: 'Only those of one of these names.' }),
      languages: t.stringList({ description: 'Only those in one of these languages, e.g. pt_BR.' }),
      statuses: t.stringList({ description: 'Only those in one of these states, e.g. APPROVED.' }),
    }),
  })
  builder.queryField('whatsappTemplates', (t) =>
    t.field({
      type: WhatsappTemplateConnection,
      description:
        'Message templates of the workspace’s WhatsApp account, as the job `whatsapp.templates` read them and WhatsApp’s webhooks changed them since. Empty before the first sync.',
      authScopes: { permission: 'leads:read' },
      args: {
        filter: t.arg({ type: WhatsappTemplateFilter, description: 'Which ones; all by default.' }),
        first: t.arg.int({ description: 'Size of the page: 1 to 200, 50 by default.' }),
        after: t.arg.string({ description: 'The cursor after which the page begins.' }),
      },
      resolve: (_, { filter, ...page }, context) => {
        const { names, languages, statuses } = filter ?? {}
        const conditions = [
          names && { name: { $in: names } },
          languages && { language: { $in: languages } },
          statuses && { status: { $in: statuses } },
        ]
        return newestFirst(context, [WhatsappTemplate, 'whatsappTemplate'], conditions, page)
      },
    }),
  )
}
