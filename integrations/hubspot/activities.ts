// What is written once beside a contact: notes, messages and deals. HubSpot has no natural key for them, and a custom
// unique property would have to be set up in each portal first (and is not promised for notes). So each carries its id
// in its text, and before one is made the contact's own are looked through. Associations and batch reads are used for
// that, not the search: the search lags behind, and a repeat comes seconds after an answer was lost.

import { z } from 'zod'
import { type CallContext, unlessAbsent } from '../client.ts'
import type { CrmActivity, CrmDeal } from '../crm.ts'
import type { Expects } from '../make-call.ts'
import type { Portal } from './portal.ts'

/** Where one kind of record keeps its text, and HubSpot's number for "belongs to this contact". */
interface Shelf {
  object: 'notes' | 'communications' | 'deals'
  text: string
  associationTypeId: number
  operation: string
}

const notes: Shelf = {
  object: 'notes',
  text: 'hs_note_body',
  associationTypeId: 202,
  operation: 'logActivity',
}
const communications: Shelf = {
  object: 'communications',
  text: 'hs_communication_body',
  associationTypeId: 81,
  operation: 'logActivity',
}
const deals: Shelf = { object: 'deals', text: 'description', associationTypeId: 3, operation: 'createDeal' }

/** A communication is a WhatsApp message, an SMS or a LinkedIn message; mails have an object of their own that takes more scopes. */
export async function logActivity(
  portal: Portal,
  activity: CrmActivity,
  context: CallContext,
): Promise<void> {
  const { kind, contactId, activityId, at } = activity
  const shelf = kind === 'WHATSAPP' ? communications : notes
  const channel = {
    hs_communication_channel_type: 'WHATS_APP',
    hs_communication_logged_from: 'CRM',
  }
  const properties = {
    hs_timestamp: at.toISOString(),
    ...(kind === 'WHATSAPP' && channel),
    [shelf.text]: bodyOf(activity),
  }
  await createOnce(portal, shelf, { contactId, marker: markerOf(activityId), properties }, context)
}

export async function createDeal(portal: Portal, deal: CrmDeal, context: CallContext): Promise<void> {
  const { contactId, dealId, name, stage, pipeline } = deal
  const marker = markerOf(dealId)
  const properties = { dealname: name, dealstage: stage, pipeline, description: marker }
  await createOnce(portal, deals, { contactId, marker, properties }, context)
}

/** In brackets, so that `[a_1]` is not found in `[a_12]`. */
const markerOf = (id: string) => `[${id}]`

/** HubSpot takes 65,536 characters; the marker must be among them. */
const TEXT_MAX = 65_000

/** HubSpot shows these texts as HTML. */
function bodyOf({ kind, text, activityId }: CrmActivity): string {
  const html = text
    .slice(0, TEXT_MAX)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\n', '<br>')
    .slice(0, TEXT_MAX)
    .replace(/&[a-z]*$|<[^>]*$/, '')
  return `${kind === 'EMAIL' ? 'E-mail:<br>' : ''}${html}<br>${markerOf(activityId)}`
}

interface Entry {
  contactId: string
  marker: string
  properties: Record<string, string>
}

async function createOnce(portal: Portal, shelf: Shelf, entry: Entry, context: CallContext): Promise<void> {
  if (await isThere(portal, shelf, entry, context)) return
  const { contactId, properties } = entry
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: shelf.associationTypeId }]
  await portal.call(
    {
      operation: shelf.operation,
      method: 'POST',
      path: `/crm/objects/${portal.version}/${shelf.object}`,
      body: { properties, associations: [{ to: { id: contactId }, types }] },
      // Alone it is not, but a repeat of the whole finds what the first left.
      repeatable: true,
      answer: z.object({ id: z.string() }),
      personal: Object.values(properties),
    },
    context,
  )
}

const Linked = z.object({
  results: z.array(
    z.object({
      to: z.array(z.object({ toObjectId: z.coerce.string() })),
      paging: z.object({ next: z.object({ after: z.string() }).optional() }).optional(),
    }),
  ),
})

/** Goes through the contact's own records of this kind, page by page. */
async function isThere(portal: Portal, shelf: Shelf, entry: Entry, context: CallContext): Promise<boolean> {
  let after: string | undefined
  do {
    const page = await linkedTo(portal, shelf, entry.contactId, after, context)
    // More than a hundred cannot be read at once.
    for (let start = 0; start < page.ids.length; start += 100) {
      const ids = page.ids.slice(start, start + 100)
      if (await holdsMarker(portal, shelf, ids, entry.marker, context)) return true
    }
    after = page.after
  } while (after !== undefined)
  return false
}

async function linkedTo(
  { call, version }: Portal,
  { object, operation }: Shelf,
  contactId: string,
  after: string | undefined,
  context: CallContext,
): Promise<{ ids: string[]; after: string | undefined }> {
  const body = { inputs: [{ id: contactId, ...(after !== undefined && { after }) }] }
  const path = `/crm/associations/${version}/contacts/${object}/batch/read`
  const request = { operation, method: 'POST', path, body, repeatable: true, answer: Linked } as const
  const { results } = await unlessNone((expects) => call({ ...request, expects }, context))
  const ids = results.flatMap(({ to }) => to.map(({ toObjectId }) => toObjectId))
  return { ids, after: results[0]?.paging?.next?.after }
}

const Texts = z.object({
  results: z.array(z.object({ properties: z.record(z.string(), z.string().nullish()) })),
})

/** A hundred notes of the greatest length. */
const TEXTS_MAX_BYTES = 16 * 1024 * 1024

async function holdsMarker(
  { call, version }: Portal,
  { object, text, operation }: Shelf,
  ids: readonly string[],
  marker: string,
  context: CallContext,
): Promise<boolean> {
  const inputs = ids.map((id) => ({ id }))
  const { results } = await unlessNone((expects) =>
    call(
      {
        operation,
        method: 'POST',
        path: `/crm/objects/${version}/${object}/batch/read`,
        body: { inputs, properties: [text], propertiesWithHistory: [] },
        repeatable: true,
        answer: Texts,
        maxAnswerBytes: TEXTS_MAX_BYTES,
        expects,
      },
      context,
    ),
  )
  return results.some(({ properties }) => properties[text]?.includes(marker))
}

/** A batch whose records are all missing answers 207 with errors alone: there are none. */
async function unlessNone<T>(
  call: (expects: Expects) => Promise<{ results: T[] }>,
): Promise<{ results: T[] }> {
  const isNone: Expects = ({ status, code }) => status === 207 && code === 'OBJECT_NOT_FOUND'
  return (await unlessAbsent(call, isNone)) ?? { results: [] }
}
