// The contacts of one audience. Everything here is safe to repeat. The status of a contact who is there already is changed
// by `setMemberStatus` alone: people who left stay out, unless they themselves want back.

import { z } from 'zod'
import { type CallContext, type Caller, unlessAbsent } from '../client.ts'
import { VendorError } from '../errors.ts'
import { mailchimpLanguage } from './language.ts'
import type { Merge } from './merge.ts'
import { listPath, memberPath, subscriberHash, timeOf, timeText, withQuery } from './paths.ts'
import type {
  ChangeMemberInput,
  Mailchimp,
  Member,
  MemberPage,
  SettableStatus,
  UpsertedMember,
  UpsertMemberInput,
} from './verbs.ts'

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
    timestamp_opt: z.string().nullish(),
  })
  .transform(
    (member): Member => ({
      memberId: member.id,
      contactId: member.contact_id ?? undefined,
      email: member.email_address,
      status: member.status,
      lastChanged: timeOf(member.last_changed),
      optedInAt: timeOf(member.timestamp_opt),
    }),
  )
const PageAnswer = z.object({ members: z.array(MemberAnswer), total_items: z.number() })

type MemberVerbs = Pick<
  Mailchimp,
  | 'subscriberHash'
  | 'upsertMember'
  | 'upsertMembers'
  | 'changeMember'
  | 'setMemberStatus'
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
    changeMember: (input, context) => changeMember(call, listId, merge, input, context),
    setMemberStatus: (input, context) => setStatus(call, listId, input, context),
    tagMember: (input, context) => tagMember(call, listId, input, context),
    member: (member, context) => readMember(call, listId, member, context),
    memberPage: (page, context) => readPage(call, listId, page, context),
    archiveMember: (member, context) => archiveMember(call, listId, member, context),
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

/** PATCH: with a new address Mailchimp moves the contact, and its hash changes with the address. */
async function changeMember(
  call: Caller,
  listId: string,
  merge: Merge,
  input: ChangeMemberInput,
  context: CallContext,
): Promise<UpsertedMember | 'UNCHANGED' | undefined> {
  const { member, email, locale } = input
  const { mergeFields, unfit } = await merge(input, context)
  const language = mailchimpLanguage(locale)
  const hasMergeFields = Object.values(mergeFields).some((value) => value !== undefined)
  if (!hasMergeFields && email === undefined && language === undefined) return 'UNCHANGED'
  const changed = await unlessAbsent((expects) =>
    call(
      {
        operation: 'changeMember',
        method: 'PATCH',
        path: withQuery(memberPath(listId, member), { skip_merge_validation: 'true' }),
        body: { email_address: email, merge_fields: hasMergeFields ? mergeFields : undefined, language },
        repeatable: true,
        answer: MemberAnswer,
        personal: [member, email, ...Object.values(mergeFields)],
        expects,
      },
      context,
    ),
  )
  return changed && { ...changed, unfit }
}

function setStatus(
  call: Caller,
  listId: string,
  { member, status }: { member: string; status: SettableStatus },
  context: CallContext,
): Promise<Member | undefined> {
  const operation = 'setMemberStatus'
  const path = withQuery(memberPath(listId, member), { skip_merge_validation: 'true' })
  const [answer, personal] = [MemberAnswer, [member]]
  return unlessAbsent((expects) =>
    call(
      { operation, method: 'PATCH', path, body: { status }, repeatable: true, answer, personal, expects },
      context,
    ),
  )
}

/** Tags have a call of their own, because PUT ignores them without a word. Tags not named here stay as they are. */
async function tagMember(
  call: Caller,
  listId: string,
  { member, tags, remove = [] }: Parameters<Mailchimp['tagMember']>[0],
  context: CallContext,
): Promise<void> {
  const named = (names: readonly string[], status: string) => names.map((name) => ({ name, status }))
  const changes = [...named(tags, 'active'), ...named(remove, 'inactive')]
  if (changes.length === 0) return
  await call(
    {
      operation: 'tagMember',
      method: 'POST',
      path: memberPath(listId, member, '/tags'),
      body: { tags: changes },
      repeatable: true,
      answer: z.unknown(),
      personal: [member],
    },
    context,
  )
}

async function readMember(
  call: Caller,
  listId: string,
  member: string,
  context: CallContext,
): Promise<Member | undefined> {
  const path = withQuery(memberPath(listId, member), { fields: [...FIELDS, 'timestamp_opt'].join() })
  const answer = MemberAnswer
  const personal = [member]
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
  member: string,
  context: CallContext,
): Promise<void> {
  const path = memberPath(listId, member)
  const answer = z.unknown()
  const personal = [member]
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
