import { Refusal } from './exchange.ts'
import { lookUp, type Member, type Membership, now, put, retag, update } from './mailchimp.members.ts'
import { type MergeField, usualMergeFields } from './mailchimp.merge.ts'
import { problem, refuse } from './mailchimp.problems.ts'
import type { MemberChange, MemberPatch, MergeFieldOrder, TagChange } from './mailchimp.shapes.ts'
import { subscriberHash } from './signatures.ts'

type Audience = Membership & { about: ReturnType<typeof aboutAudience> }

/** Two audiences: `a6b5da1054` with single opt-in, `b7c6eb2165` with double opt-in. */
export function createAudiences() {
  const audiences = new Map(
    [
      aboutAudience('a6b5da1054', 'Newsletter', false),
      aboutAudience('b7c6eb2165', 'Double opt-in', true),
    ].map((about) => [about.id, newAudience(about)]),
  )

  function audience(list: string): Audience {
    const found = audiences.get(list)
    if (!found) throw new Refusal(problem(404))
    return found
  }

  function member(list: string, hash: string): Member {
    const found = lookUp(audience(list), hash)
    if (!found) throw new Refusal(problem(404))
    return found
  }

  return {
    lists: () => [...audiences.values()].map(described),
    list: (list: string) => described(audience(list)),
    allMembers: () => [...audiences.values()].flatMap(({ members }) => [...members.values()]),
    mergeFields: (list: string) => audience(list).fields,
    addMergeField: (list: string, order: MergeFieldOrder) => addMergeField(audience(list), order),
    select: (list: string, query: URLSearchParams) => select(audience(list), query),
    get: member,
    put: (list: string, hash: string, change: MemberChange, skip: boolean) =>
      put(audience(list), hash, change, skip),
    patch: (list: string, hash: string, change: MemberPatch, skip: boolean) =>
      update(audience(list), member(list, hash), change, skip),
    archive(list: string, hash: string) {
      const found = member(list, hash)
      if (found.status === 'archived') {
        throw new Refusal(problem(405, 'Method Not Allowed', 'This list member cannot be removed.'))
      }
      return Object.assign(found, { status: 'archived', last_changed: now() })
    },
    forget(list: string, hash: string) {
      const found = member(list, hash)
      audience(list).forgotten.add(found.id)
      audience(list).members.delete(found.id)
      return found
    },
    tag: (list: string, hash: string, tags: TagChange[]) => retag(member(list, hash), tags),
    act: (event: Record<string, unknown>) => act(audience(String(event.list ?? 'a6b5da1054')), event),
  }
}

function aboutAudience(id: string, name: string, double_optin: boolean) {
  return { id, name, double_optin, email_type_option: false, date_created: now(), visibility: 'pub' }
}

function newAudience(about: Audience['about']): Audience {
  return {
    about,
    listId: about.id,
    members: new Map(),
    fields: usualMergeFields(about.id),
    forgotten: new Set(),
    compliance: new Set(),
  }
}

function described({ about, members }: Audience) {
  const having = (status: string) => [...members.values()].filter((each) => each.status === status).length
  const stats = { member_count: having('subscribed'), unsubscribe_count: having('unsubscribed') }
  return { ...about, stats: { ...stats, cleaned_count: having('cleaned') } }
}

function addMergeField({ about, fields }: Audience, order: MergeFieldOrder): MergeField {
  const merge_id = fields.length + 1
  const tag = order.tag ?? `MMERGE${merge_id}`
  if (fields.some((field) => field.tag === tag)) {
    refuse('Invalid Resource', `A Merge Field with the tag "${tag}" already exists for this list.`)
  }
  const { name, type, required = false } = order
  const field = { merge_id, tag, name, type, required, list_id: about.id }
  fields.push(field)
  return field
}

function select({ members }: Audience, query: URLSearchParams): Member[] {
  const status = query.get('status')
  const since = Date.parse(query.get('since_last_changed') ?? '1970-01-01T00:00:00Z')
  return [...members.values()].filter(
    (each) => (status === null || each.status === status) && Date.parse(each.last_changed) >= since,
  )
}

const acts: Record<string, string> = {
  subscribe: 'subscribed',
  unsubscribe: 'unsubscribed',
  cleaned: 'cleaned',
}

/** A person subscribes (confirms), unsubscribes, or their mailbox bounces for good. */
function act(audience: Audience, event: Record<string, unknown>): Member | string {
  const status = acts[String(event.type)]
  if (!status) return `type is one of ${Object.keys(acts).join(', ')}`
  const member = audience.members.get(subscriberHash(String(event.email)))
  if (!member) return `${String(event.email)} is not a member`
  if (status === 'subscribed') audience.compliance.delete(member.id)
  else audience.compliance.add(member.id)
  return Object.assign(member, { status, last_changed: now() })
}
