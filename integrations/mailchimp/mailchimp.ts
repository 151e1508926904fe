// Mailchimp Marketing API v3: the contacts of one audience. 10 simultaneous connections per user are all it allows;
// whoever calls from several processes has to count them together.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type CallContext, type Caller, type CallSettings, createCaller } from '../client.ts'
import { MAILCHIMP_RULES, mailchimpProblem } from './errors.ts'

export interface MailchimpSettings extends CallSettings {
  /** Up to the version, e.g. `https://us19.api.mailchimp.com/3.0` (`us19` = end of the key). */
  baseUrl: string
  apiKey: string
  /** The audience. */
  listId: string
}

interface UpsertMemberInput {
  email: string
  /** Status of a contact that is new; an existing one keeps its own. `pending` for double opt-in audiences. */
  statusIfNew: 'subscribed' | 'pending' | 'transactional'
  firstName?: string | undefined
  lastName?: string | undefined
  /** Two letters, e.g. `en`. */
  language?: string | undefined
  /** By merge tag; an empty string clears, a missing one stays. */
  mergeFields?: Record<string, string> | undefined
}

interface MailchimpMember {
  /** The subscriber hash: it changes with the e-mail address. */
  memberId: string
  /** Stays when the address changes. */
  contactId: string | undefined
  /** subscribed, unsubscribed, cleaned, pending, transactional or archived. */
  status: string
}

interface TagMemberInput {
  email: string
  tags: readonly string[]
}

export interface Mailchimp {
  ping(context: CallContext): Promise<void>
  upsertMember(input: UpsertMemberInput, context: CallContext): Promise<MailchimpMember>
  tagMember(input: TagMemberInput, context: CallContext): Promise<void>
  subscriberHash(email: string): string
}

const Member = z.object({ id: z.string(), contact_id: z.string().optional(), status: z.string() })

/** The verbs we use on one Mailchimp audience. All of them are safe to repeat. */
export function createMailchimp(settings: MailchimpSettings): Mailchimp {
  const call = createCaller({
    vendor: 'mailchimp',
    baseUrl: settings.baseUrl,
    headers: {
      authorization: `Basic ${Buffer.from(`anystring:${settings.apiKey}`).toString('base64')}`,
      // Ten connections per user is the limit, so none is kept open when its answer has come.
      connection: 'close',
    },
    credential: settings.apiKey,
    rules: MAILCHIMP_RULES,
    problemOf: mailchimpProblem,
    settings,
  })
  return {
    ping: (context) => ping(call, context),
    upsertMember: (input, context) => upsertMember(call, settings.listId, input, context),
    tagMember: (input, context) => tagMember(call, settings.listId, input, context),
    subscriberHash,
  }
}

async function ping(call: Caller, context: CallContext): Promise<void> {
  await call(
    { operation: 'ping', method: 'GET', path: '/ping', repeatable: true, answer: z.object({}) },
    context,
  )
}

/** PUT with `status_if_new`: `status` would resubscribe somebody who unsubscribed a moment ago. */
async function upsertMember(
  call: Caller,
  listId: string,
  input: UpsertMemberInput,
  context: CallContext,
): Promise<MailchimpMember> {
  const { email, firstName, lastName, language, mergeFields } = input
  const member = await call(
    {
      operation: 'upsertMember',
      method: 'PUT',
      path: `${memberPath(listId, email)}?skip_merge_validation=true`,
      body: {
        email_address: email,
        status_if_new: input.statusIfNew,
        merge_fields: { FNAME: firstName, LNAME: lastName, ...mergeFields },
        language,
      },
      repeatable: true,
      answer: Member,
      personal: [email, firstName, lastName, ...Object.values(mergeFields ?? {})],
    },
    context,
  )
  return { memberId: member.id, contactId: member.contact_id, status: member.status }
}

/** Tags have a call of their own, because PUT ignores them without a word. Tags not named here stay as they are. */
async function tagMember(
  call: Caller,
  listId: string,
  input: TagMemberInput,
  context: CallContext,
): Promise<void> {
  if (input.tags.length === 0) return
  await call(
    {
      operation: 'tagMember',
      method: 'POST',
      path: `${memberPath(listId, input.email)}/tags`,
      body: { tags: input.tags.map((name) => ({ name, status: 'active' })) },
      repeatable: true,
      answer: z.unknown(),
      personal: [input.email],
    },
    context,
  )
}

function memberPath(listId: string, email: string): string {
  return `/lists/${encodeURIComponent(listId)}/members/${subscriberHash(email)}`
}

/** Mailchimp's key of a contact: md5 of the lower-cased address. */
function subscriberHash(email: string): string {
  return createHash('md5').update(email.toLowerCase()).digest('hex')
}
