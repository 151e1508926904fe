// Looking for mails that were sent. The search is for reconciling: 20 a minute per account, and a new mail is found
// only after about a minute.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import type { FoundEmail, MetadataQuery } from '../email.ts'
import { VendorError } from '../errors.ts'
import { type Ask, unlessUnknown } from './ask.ts'
import type { EmailInfo } from './shapes.ts'

/** A message of the search may carry its opens, clicks and SMTP events. */
const MAX_SEARCH_BYTES = 20 * 1024 * 1024
const MAX_VALUES = 500
/** Most mails in one answer. */
const LIMIT = 1000

const Found = z.object({
  _id: z.string(),
  state: z.string(),
  metadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
})

/**
 * One search for all values. A single value is found by a mail without metadata too: the query asked for it, and Mandrill
 * may leave the metadata out.
 * @throws VendorError `TOO_MANY_FOUND` when the answer is cut off, or cannot be told apart: a mail that seems to be
 * missing may have been sent
 */
export async function findByMetadata(
  ask: Ask,
  { key, values, since }: MetadataQuery,
  context: CallContext,
): Promise<Map<string, FoundEmail>> {
  if (values.length === 0) return new Map()
  if (values.length > MAX_VALUES) throw tooMany(`more than ${MAX_VALUES} values in one search`)
  const query = values.map((value) => termOf(key, value)).join(' OR ')
  const found = await search(ask, query, since, context)
  const [only] = values.length === 1 ? values : []
  const byValue = new Map<string, FoundEmail>()
  for (const { _id, state, metadata } of found) {
    const value = metadata === undefined ? only : metadata[key]
    if (value === undefined && metadata === undefined)
      throw tooMany('the search found mails without metadata')
    if (typeof value === 'string' && values.includes(value)) byValue.set(value, { messageId: _id, state })
  }
  if (found.length >= LIMIT && byValue.size < values.length) throw tooMany('the search found too much')
  return byValue
}

/** The words of a query are fuzzy, so an answer is always compared with what was asked for. */
function termOf(key: string, value: string): string {
  return /^[\w.-]+$/.test(value) ? `u_${key}:${value}` : `u_${key}:"${value.replaceAll('"', '')}"`
}

async function search(
  ask: Ask,
  query: string,
  since: Date,
  context: CallContext,
): Promise<z.infer<typeof Found>[]> {
  return ask(
    {
      operation: 'findByMetadata',
      kind: 'search',
      path: '/messages/search',
      body: { query, date_from: since.toISOString().slice(0, 10), limit: LIMIT },
      repeatable: true,
      answer: z.array(Found),
      maxAnswerBytes: MAX_SEARCH_BYTES,
    },
    context,
  )
}

function tooMany(meaning: string): VendorError {
  const operation = 'findByMetadata'
  return new VendorError({
    vendor: 'mandrill',
    operation,
    errorClass: 'PERMANENT',
    code: 'TOO_MANY_FOUND',
    meaning,
  })
}

const Info = Found.extend({
  ts: z.number(),
  opens: z.number().catch(0),
  clicks: z.number().catch(0),
  bounce_description: z.string().optional().catch(undefined),
  reject: z.object({ reason: z.string() }).nullish().catch(undefined),
})

export async function info(ask: Ask, id: string, context: CallContext): Promise<EmailInfo | undefined> {
  const request = { operation: 'info', path: '/messages/info', body: { id }, repeatable: true, answer: Info }
  const known = await unlessUnknown('Unknown_Message', (expects) => ask({ ...request, expects }, context))
  return (
    known && {
      messageId: known._id,
      state: known.state,
      sentAt: new Date(known.ts * 1000),
      opens: known.opens,
      clicks: known.clicks,
      metadata: known.metadata ?? {},
      reason: known.reject?.reason ?? known.bounce_description,
    }
  )
}
