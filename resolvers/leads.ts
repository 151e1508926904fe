import { type ObjectQuery, raw } from '@mikro-orm/core'
import { Lead } from '../entities/lead.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import type { Api } from '../schema/api.ts'
import type { Page } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reading leads. */
export function leadQueries({ builder, Lead, LeadConnection, LeadStatus, ConsentState }: Api): void {
  const LeadFilter = builder.inputType('LeadFilter', {
    description: 'Which leads; every condition given must hold.',
    fields: (t) => ({
      statuses: t.field({ description: 'Only with one of these statuses.', type: [LeadStatus] }),
      tag: t.string({ description: 'Only with this tag.' }),
      source: t.string({ description: 'Only from this source.' }),
      campaignId: t.id(),
      emailConsent: t.field({ description: 'Only with this consent to e-mail.', type: ConsentState }),
      whatsappConsent: t.field({ description: 'Only with this consent to WhatsApp.', type: ConsentState }),
      createdFrom: t.field({ type: 'DateTime' }),
      createdBefore: t.field({ type: 'DateTime' }),
      search: t.string({
        description:
          'Start of an e-mail address (with @) or phone number (with +), else part of an e-mail address, name or company.',
      }),
    }),
  })
  builder.queryFields((t) => ({
    lead: t.field({
      type: Lead,
      nullable: true,
      authScopes: { permission: 'leads:read' },
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => loaders.lead.load(id),
    }),
    leads: t.field({
      type: LeadConnection,
      description: 'Leads, newest first.',
      authScopes: { permission: 'leads:read' },
      args: { filter: t.arg({ type: LeadFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => leadPage(context, filter ?? {}, page),
    }),
  }))
}

interface LeadFilter {
  statuses?: LeadRow['status'][] | null | undefined
  tag?: string | null | undefined
  source?: string | null | undefined
  campaignId?: string | null | undefined
  emailConsent?: LeadRow['emailConsent'] | null | undefined
  whatsappConsent?: LeadRow['whatsappConsent'] | null | undefined
  createdFrom?: Date | null | undefined
  createdBefore?: Date | null | undefined
  search?: string | null | undefined
}

function leadPage(context: Context, filter: LeadFilter, page: PageArgs): Promise<Page<LeadRow>> {
  return newestFirst(context, [Lead, 'lead'], conditions(filter), page)
}

function conditions({ tag, source, search, ...filter }: LeadFilter) {
  const { statuses, campaignId, emailConsent, whatsappConsent, createdFrom, createdBefore } = filter
  return [
    statuses && { status: { $in: statuses } },
    tag ? { [raw('json_contains(tags, ?)', [JSON.stringify(tag)])]: 1 } : null,
    source ? { source } : null,
    campaignId ? { campaignId } : null,
    emailConsent && { emailConsent },
    whatsappConsent && { whatsappConsent },
    createdFrom && { createdAt: { $gte: createdFrom } },
    createdBefore && { createdAt: { $lt: createdBefore } },
    search?.trim() ? matchingText(search.trim()) : null,
  ]
}

/** The start of an address or number can use an index; anything else reads the workspace's leads. */
function matchingText(search: string): ObjectQuery<Lead> {
  const text = search.replace(/[\\%_]/g, '\\$&')
  if (/^\+\d+$/.test(search)) return { phone: { $like: `${text}%` } }
  if (search.includes('@')) return { email: { $like: `${text.toLowerCase()}%` } }
  const part = { $like: `%${text}%` }
  const name = { [raw("concat_ws(' ', first_name, last_name)")]: part }
  const places: object[] = [{ email: part }, { company: part }, name]
  if (/^\d+$/.test(search)) places.push({ phone: part })
  return { $or: places } as ObjectQuery<Lead>
}
