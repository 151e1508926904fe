// Audiences (Mailchimp's paths call them lists) and the fields their contacts have.

import { z } from 'zod'
import type { CallContext, Caller } from '../client.ts'
import { listPath, withQuery } from './paths.ts'
import type { Audience, Mailchimp, MergeField } from './verbs.ts'

/** The most Mailchimp gives at once. */
const PAGE = 1_000
const FIELDS = ['id', 'name', 'double_optin', 'stats.member_count']

const AudienceAnswer = z.object({
  id: z.string(),
  name: z.string().default(''),
  double_optin: z.boolean().default(false),
  stats: z.object({ member_count: z.number().default(0) }).default({ member_count: 0 }),
})
const AudiencesAnswer = z.object({ lists: z.array(AudienceAnswer), total_items: z.number() })

const MergeFieldsAnswer = z.object({
  merge_fields: z.array(
    z.object({
      tag: z.string(),
      name: z.string().default(''),
      type: z.string(),
      required: z.boolean().default(false),
    }),
  ),
})

type AudienceVerbs = Pick<Mailchimp, 'ping' | 'audience' | 'audiences' | 'mergeFields'>

export function createAudiences(call: Caller, listId: string): AudienceVerbs {
  return {
    ping: (context) => ping(call, context),
    audience: (context) => readAudience(call, listId, context),
    audiences: (context) => readAudiences(call, context),
    mergeFields: (context) => readMergeFields(call, listId, context),
  }
}

async function ping(call: Caller, context: CallContext): Promise<void> {
  await call(
    { operation: 'ping', method: 'GET', path: '/ping', repeatable: true, answer: z.object({}) },
    context,
  )
}

async function readAudience(call: Caller, listId: string, context: CallContext): Promise<Audience> {
  const path = withQuery(listPath(listId), { fields: FIELDS.join() })
  const answer = AudienceAnswer
  return audienceOf(
    await call({ operation: 'audience', method: 'GET', path, repeatable: true, answer }, context),
  )
}

async function readAudiences(call: Caller, context: CallContext): Promise<Audience[]> {
  const fields = [...FIELDS.map((field) => `lists.${field}`), 'total_items'].join()
  const found: Audience[] = []
  for (;;) {
    const path = withQuery('/lists', { fields, count: PAGE, offset: found.length })
    const answer = AudiencesAnswer
    const page = await call(
      { operation: 'audiences', method: 'GET', path, repeatable: true, answer },
      context,
    )
    found.push(...page.lists.map(audienceOf))
    if (page.lists.length === 0 || found.length >= page.total_items) return found
  }
}

function audienceOf({ id, name, double_optin, stats }: z.infer<typeof AudienceAnswer>): Audience {
  return { id, name, doubleOptIn: double_optin, memberCount: stats.member_count }
}

/** One page holds them all: an audience has at most 80. The address itself is not among them. */
async function readMergeFields(call: Caller, listId: string, context: CallContext): Promise<MergeField[]> {
  const fields = ['tag', 'name', 'type', 'required'].map((field) => `merge_fields.${field}`).join()
  const path = withQuery(listPath(listId, '/merge-fields'), { fields, count: PAGE })
  const answer = MergeFieldsAnswer
  const page = await call(
    { operation: 'mergeFields', method: 'GET', path, repeatable: true, answer },
    context,
  )
  return page.merge_fields
}
