import { LockMode } from '@mikro-orm/core'
import type { Em } from '../../entities/index.ts'
import { WhatsappTemplate } from '../../entities/whatsapp-template.ts'

/** What WhatsApp reported of a template; what is undefined stays. */
export interface TemplateChange {
  status?: string | undefined
  quality?: string | undefined
  category?: string | undefined
}

/** Longer is no word of Meta's, and does not fit into the column. */
const longest = { status: 32, quality: 16, category: 32 }

/**
 * Writes what WhatsApp reported of a template, unless something newer is known of it.
 * @param at when it was reported, to the second
 */
export async function changeTemplate(
  em: Em,
  which: { workspaceId: string; name: string; language: string },
  { status, quality, category }: TemplateChange,
  at: Date,
): Promise<'CHANGED' | 'OLDER' | 'NOT_KNOWN'> {
  const options = { disableIdentityMap: true, lockMode: LockMode.PESSIMISTIC_WRITE }
  const template = await em.findOne(WhatsappTemplate, which, options)
  if (!template) return 'NOT_KNOWN'
  const newest = Math.max(template.syncedAt.getTime(), template.reportedAt?.getTime() ?? 0)
  // Meta tells the second, we the milliseconds.
  if (at.getTime() + 999 < newest) return 'OLDER'
  const given = Object.entries({ status, quality, category }).filter(
    (entry): entry is [keyof typeof longest, string] => entry[1] !== undefined,
  )
  const change = Object.fromEntries(given.map(([name, value]) => [name, value.slice(0, longest[name])]))
  await em.nativeUpdate(WhatsappTemplate, { id: template.id }, { ...change, reportedAt: at })
  return 'CHANGED'
}
