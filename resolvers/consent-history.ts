import { ConsentEvent } from '../entities/consent-event.ts'
import type { Api } from '../schema/api.ts'
import { newestFirst } from './newest-first.ts'

/** What a lead said about being written to, in pages. */
export function consentHistory({ builder, Lead, ConsentEventConnection }: Api): void {
  builder.objectField(Lead, 'consentHistory', (t) =>
    t.field({
      type: ConsentEventConnection,
      description: 'What the person said about being written to, as it was written down; newest first.',
      args: {
        first: t.arg.int({ description: 'Size of the page.' }),
        after: t.arg.string({ description: 'Cursor of the last line seen.' }),
      },
      resolve: ({ id }, page, context) =>
        newestFirst(context, [ConsentEvent, 'consentEvent'], [{ leadId: id }], page),
    }),
  )
}
