// Mailchimp Marketing API v3. 10 simultaneous connections per user are all it allows; whoever calls from several
// processes has to count them together.

import { type CallSettings, createCaller } from '../client.ts'
import { createAudiences } from './audiences.ts'
import { createBatches, RESULT_RULES, resultProblem } from './batches.ts'
import { createCampaigns } from './campaigns.ts'
import { MAILCHIMP_RULES, mailchimpProblem } from './errors.ts'
import { createMembers } from './members.ts'
import { createMerge } from './merge.ts'
import type { MergeMapping } from './merge-mapping.ts'
import { createSending } from './sending.ts'
import type { Mailchimp } from './verbs.ts'
import { createWebhooks } from './webhooks.ts'

export type { Mailchimp } from './verbs.ts'

export interface MailchimpSettings extends CallSettings {
  /** Up to the version, e.g. `https://us19.api.mailchimp.com/3.0` (`us19` = end of the key). */
  baseUrl: string
  apiKey: string
  /** The audience. */
  listId: string
  /** Which fields of a lead go where, beside the names in FNAME and LNAME. */
  mergeMapping?: MergeMapping | undefined
}

/** The verbs we use on one Mailchimp account and one of its audiences. */
export function createMailchimp(settings: MailchimpSettings): Mailchimp {
  const { baseUrl, apiKey, listId, mergeMapping = {} } = settings
  const account = {
    vendor: 'mailchimp',
    baseUrl,
    headers: {
      authorization: `Basic ${Buffer.from(`anystring:${apiKey}`).toString('base64')}`,
      // Ten connections per user is the limit, so none is kept open when its answer has come.
      connection: 'close',
    },
    credential: apiKey,
  } as const
  const call = createCaller({ ...account, rules: MAILCHIMP_RULES, problemOf: mailchimpProblem, settings })
  // Another host: neither the account's limits nor its breaker have to do with it.
  const download = createCaller({
    ...account,
    rules: RESULT_RULES,
    problemOf: resultProblem,
    settings: { ...settings, gate: undefined },
  })
  const audiences = createAudiences(call, listId)
  return {
    mappedFields: ['firstName', 'lastName', ...Object.keys(mergeMapping)],
    ...audiences,
    ...createMembers(call, listId, createMerge(mergeMapping, audiences.mergeFields)),
    ...createCampaigns(call),
    ...createSending(call),
    ...createBatches(call, download),
    ...createWebhooks(call, listId),
  }
}
