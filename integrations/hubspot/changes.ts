// Contacts that changed, by HubSpot's search: it is the only call that asks by time.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { type ChangedContact, type ChangedContacts, type CrmWatermark, fromCrmNames } from '../crm.ts'
import type { Portal } from './portal.ts'

const PAGE = 100
const CHANGED = 'lastmodifieddate'
const ID = 'hs_object_id'

interface Filter {
  propertyName: string
  operator: 'GT' | 'GTE' | 'LTE' | 'HAS_PROPERTY'
  value?: string
}

const Found = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      properties: z.looseObject({ email: z.string(), [CHANGED]: z.coerce.date() }),
    }),
  ),
})

/**
 * The search sorts by one property, and many contacts can change in the same millisecond (an import). So a full page is
 * only taken up to its last whole millisecond; when it is one millisecond throughout, that one is read in the order of the
 * ids. It is asked for changes until `settleMs` ago: what HubSpot indexes late must not fall behind the watermark.
 */
export async function changedSince(
  portal: Portal,
  watermark: CrmWatermark,
  context: CallContext,
): Promise<ChangedContacts> {
  const from = { at: watermark.changedAt.getTime(), id: watermark.contactId || '0' }
  const until = is(CHANGED, 'LTE', Date.now() - portal.settleMs)
  const later = [is(CHANGED, 'GT', from.at), until]
  const page = await search(portal, [rest(from.at, from.id), later], CHANGED, context)
  const contacts = page.length < PAGE ? page : await wholeMilliseconds(portal, page, from, context)
  contacts.sort((a, b) => timeOf(a) - timeOf(b) || Number(a.contactId) - Number(b.contactId))
  const last = contacts.at(-1)
  return { contacts, next: last && { changedAt: last.changedAt, contactId: last.contactId } }
}

const timeOf = ({ changedAt }: ChangedContact) => changedAt.getTime()

async function wholeMilliseconds(
  portal: Portal,
  page: ChangedContact[],
  from: { at: number; id: string },
  context: CallContext,
): Promise<ChangedContact[]> {
  const last = timeOf(page.at(-1)!)
  const whole = page.filter((contact) => timeOf(contact) < last)
  if (whole.length > 0) return whole
  return search(portal, [rest(last, last === from.at ? from.id : '0')], ID, context)
}

/** What is left of one millisecond. */
function rest(at: number, afterId: string): Filter[] {
  return [is(CHANGED, 'GTE', at), is(CHANGED, 'LTE', at), is(ID, 'GT', afterId)]
}

function is(propertyName: string, operator: Filter['operator'], value: number | string): Filter {
  return { propertyName, operator, value: String(value) }
}

/** `sorts` takes names, rising: the form HubSpot's own description of the call gives. */
async function search(
  { call, version, mapping }: Portal,
  groups: readonly Filter[][],
  sort: string,
  context: CallContext,
): Promise<ChangedContact[]> {
  const hasEmail: Filter = { propertyName: 'email', operator: 'HAS_PROPERTY' }
  const { results } = await call(
    {
      operation: 'changedSince',
      method: 'POST',
      kind: 'search',
      path: `/crm/objects/${version}/contacts/search`,
      body: {
        filterGroups: groups.map((filters) => ({ filters: [...filters, hasEmail] })),
        sorts: [sort],
        properties: ['email', CHANGED, ...Object.values(mapping)],
        limit: PAGE,
        after: '0',
      },
      repeatable: true,
      // An answer in another order would lose contacts at the end of the page.
      answer: Found.refine(({ results }) => sort !== CHANGED || isRising(results)),
    },
    context,
  )
  return results.map(({ id, properties }) => ({
    contactId: id,
    email: properties.email,
    changedAt: properties[CHANGED],
    fields: fromCrmNames(mapping, (name) => textIn(properties[name])),
  }))
}

function isRising(results: z.infer<typeof Found>['results']): boolean {
  const times = results.map(({ properties }) => properties[CHANGED].getTime())
  return times.every((time, index) => index === 0 || time >= times[index - 1]!)
}

const textIn = (value: unknown) => (typeof value === 'string' ? value : undefined)
