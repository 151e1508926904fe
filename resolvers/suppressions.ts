import { Suppression, type SuppressionReason } from '../entities/suppression.ts'
import { normaliseEmail, normalisePhone } from '../marketing/identity.ts'
import { spellings } from '../marketing/suppressed-address.ts'
import type { SuppressionRow } from '../marketing/suppression.ts'
import type { Api } from '../schema/api.ts'
import type { Page } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reading suppressions. */
export function suppressionQueries({
  builder,
  SuppressionConnection,
  SuppressionReason,
  Channel,
}: Api): void {
  const SuppressionFilter = builder.inputType('SuppressionFilter', {
    description: 'Which suppressions; every condition given must hold.',
    fields: (t) => ({
      channels: t.field({ type: [Channel] }),
      reasons: t.field({ description: 'Only for one of these reasons.', type: [SuppressionReason] }),
      address: t.string({ description: 'The whole address; a phone number with its country code.' }),
      includeLifted: t.boolean({ description: 'Also those that were taken back. Default false.' }),
    }),
  })
  builder.queryField('suppressions', (t) =>
    t.field({
      type: SuppressionConnection,
      description: 'Addresses nothing is sent to, and why; newest first.',
      authScopes: { permission: 'leads:read' },
      args: { filter: t.arg({ type: SuppressionFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => suppressionPage(context, filter ?? {}, page),
    }),
  )
}

interface SuppressionFilter {
  channels?: SuppressionRow['channel'][] | null | undefined
  reasons?: SuppressionReason[] | null | undefined
  address?: string | null | undefined
  includeLifted?: boolean | null | undefined
}

function suppressionPage(
  context: Context,
  { channels, reasons, address, includeLifted }: SuppressionFilter,
  page: PageArgs,
): Promise<Page<SuppressionRow>> {
  const conditions = [
    channels && { channel: { $in: channels } },
    reasons && { reason: { $in: reasons } },
    address && { address: { $in: spelledAsStored(context.workspaceId, address) } },
    !includeLifted && { liftedAt: null },
  ]
  return newestFirst(context, [Suppression, 'suppression'], conditions, page)
}

function spelledAsStored(workspaceId: string, asked: string): string[] {
  const channel = asked.includes('@') ? 'EMAIL' : 'WHATSAPP'
  const spelled = channel === 'EMAIL' ? normaliseEmail(asked) : normalisePhone(asked)
  return spellings({ workspaceId, channel, address: spelled.ok ? spelled.value : asked })
}
