// The contacts of one audience. Everything here is safe to repeat, and nothing here changes the status of a contact who
// is there already: people who left stay out.

import { z } from 'zod'
import { type CallContext, type Caller, unlessAbsent } from '../client.ts'
import { VendorError } from '../errors.ts'
import { mailchimpLanguage } from './language.ts'
import type { Merge } from './merge.ts'
import { listPath, memberPath, subscriberHash, timeOf, timeText, withQuery } from './paths.ts'
import type { Mailchimp, Member, MemberPage, UpsertedMember, UpsertMemberInput } from './verbs.ts'

/** The most contacts of one `upsertMembers`. */
const MAX_MEMBERS = 500
/** Half of what Mailchimp allows a user, so that other work goes on beside. */
const PARALLEL = 5
const FIELDS = ['id', 'contact_id', 'email_address', 'status', 'last_changed']

const MemberAnswer = z
  .object({
    id: z.string(),
    contact_id: z.string().nullish(),
    email_address: z.string(),
    status: z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived']),
    last_changed: z.string().nullish(),
  })
  .transform(
    (member): Member => ({
      memberId: member.id,
      contactId: member.contact_id ?? undefined,
      email: member.email_address,
      status: member.status,
      lastChanged: timeOf(member.last_changed),
    }),
  )
const PageAnswer = z.object({ members: z.array(MemberAnswer), total_items: z.number() })

type MemberVerbs = Pick<
  Mailchimp,
  | 'subscriberHash'
  | 'upsertMember'
  | 'upsertMembers'
  | 'tagMember'
  | 'member'
  | 'memberPage'
  | 'archiveMember'
  | 'deleteMemberForever'
>

export function createMembers(call: Caller, listId: string, merge: Merge): MemberVerbs {
  return {
    subscriberHash,
    upsertMember: (input, context) => upsertMember(call, listId, merge, input, context),
    upsertMembers: (inputs, context) =>
      upsertMembers((input) => upsertMember(call, listId, merge, input, context), inputs),
    tagMember: (input, context) => tagMember(call, listId, input, context),
    member: (email, context) => readMember(call, listId, email, context),
    memberPage: (page, context) => readPage(call, listId, page, context),
    archiveMember: (email, context) => archiveMember(call, listId, email, context),
    deleteMemberForever: (email, context) => deleteForever(call, listId, email, context),
  }
}

/** PUT with `status_if_new`: `status` would resubscribe somebody who unsubscribed a moment ago. */
async function upsertMember(
  call: Caller,
  listId: string,
  merge: Merge,
  input: UpsertMemberInput,
  context: CallContext,
): Promise<UpsertedMember> {
  const { email, firstName, lastName, locale } = input
  const { mergeFields, unfit } = await merge(input, context)
  const member = await call(
    {
      operation: 'upsertMember',
      method: 'PUT',
      path: withQuery(memberPath(listId, email), { skip_merge_validation: 'true' }),
      body: {
        email_address: email,
        status_if_new: input.statusIfNew,
        merge_fields: mergeFields,
        language: mailchimpLanguage(locale),
      },
      repeatable: true,
      answer: MemberAnswer,
      personal: [email, firstName, lastName, ...Object.values(mergeFields)],
    },
    context,
  )
  return { ...member, unfit }
}

/**
 * Several PUTs side by side. Mailchimp's own bulk call (POST /lists/{id}) is not used: its `update_existing` carries
 * `status` over to contacts who are there already, and the documents disagree whether it takes `status_if_new`.
 */
async function upsertMembers(
  upsert: (input: UpsertMemberInput) => Promise<unknown>,
  inputs: readonly UpsertMemberInput[],
): ReturnType<Mailchimp['upsertMembers']> {
  if (inputs.length > MAX_MEMBERS) throw tooMany()
  const waiting = [...new Map(inputs.map((input) => [subscriberHash(input.email), input])).values()]
  const refused: { email: string; code: string }[] = []
  let upserted = 0

  const lane = async () => {
    for (let input = waiting.shift(); input; input = waiting.shift()) {
      const code = await refusalOf(upsert(input))
      if (code === undefined) upserted++
      else refused.push({ email: input.email, code })
    }
  }
  const stopAll = (error: unknown) => {
    waiting.length = 0
    throw error
  }
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, () => lane().catch(stopAll)))
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure) throw failure.reason
  return { upserted, refused }
}

function tooMany(): VendorError {
  return new VendorError({
    vendor: 'mailchimp',
    operation: 'upsertMembers',
    errorClass: 'PERMANENT',
    code: 'TOO_MANY_MEMBERS',
    meaning: `not sent: at most ${MAX_MEMBERS} contacts at once, for more there are batches`,
  })
}

/** The code of a refusal that concerns this one contact; undefined when it was taken. Everything else is thrown. */
async function refusalOf(upsert: Promise<unknown>): Promise<string | undefined> {
  try {
    await upsert
    return undefined
  } catch (error) {
    if (error instanceof VendorError && error.status === 400) return error.code
    throw error
  }
}

/** Tags have a call of their own, because PUT ignores them without a word. Tags not named here stay as they are. */
async function tagMember(
  call: Caller,
  listId: string,
  input: { email: string; tags: readonly string[] },
  context: CallContext,
): Promise<void> {
  if (input.tags.length === 0) return
  await call(
    {
      operation: 'tagMember',
      method: 'POST',
      path: memberPath(listId, input.email, '/tags'),
      body: { tags: input.tags.map((name) => ({ name, status: 'active' })) },
      repeatable: true,
      answer: z.unknown(),
      personal: [input.email],
    },
    context,
  )
}

async function readMember(
  call: Caller,
  listId: string,
  email: string,
  context: CallContext,
): Promise<Member | undefined> {
  const path = withQuery(memberPath(listId, email), { fields: FIELDS.join() })
  const answer = MemberAnswer
  const personal = [email]
  return unlessAbsent((expects) =>
    call({ operation: 'member', method: 'GET', path, repeatable: true, answer, personal, expects }, context),
  )
}

async function readPage(
  call: Caller,
  ownListId: string,
  page: Parameters<Mailchimp['memberPage']>[0],
  context: CallContext,
): Promise<MemberPage> {
  const { audienceId = ownListId, offset, count, since } = page
  const path = withQuery(listPath(audienceId, '/members'), {
    fields: [...FIELDS.map((field) => `members.${field}`), 'total_items'].join(),
    count,
    offset,
    sort_field: 'last_changed',
    sort_dir: 'ASC',
    since_last_changed: since && timeText(since),
  })
  const answer = PageAnswer
  const read = await call({ operation: 'memberPage', method: 'GET', path, repeatable: true, answer }, context)
  return { members: read.members, total: read.total_items }
}

/** Somebody who is not there needs no archiving. */
async function archiveMember(
  call: Caller,
  listId: string,
  email: string,
  context: CallContext,
): Promise<void> {
  const path = memberPath(listId, email)
  const answer = z.unknown()
  const personal = [email]
  await unlessAbsent((expects) =>
    call(
      { operation: 'archiveMember', method: 'DELETE', path, repeatable: true, answer, personal, expects },
      context,
    ),
  )
}

async function deleteForever(
  call: Caller,
  listId: string,
  email: string,
  context: CallContext,
): Promise<void> {
  const operation = 'deleteMemberForever'
  const path = memberPath(listId, email, '/actions/delete-permanent')
  const answer = z.unknown()
  const personal = [email]
  await unlessAbsent((expects) =>
    call({ operation, method: 'POST', path, repeatable: true, answer, personal, expects }, context),
  )
}
