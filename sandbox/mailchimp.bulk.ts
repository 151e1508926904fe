/** Many members at once: POST /lists/{id}, and the sandbox's own way to fill an audience. */
import { Refusal } from './exchange.ts'
import { nowInSeconds } from './mailchimp.answers.ts'
import type { Audience, Audiences } from './mailchimp.audiences.ts'
import { described, lookUp, type Member, newMember } from './mailchimp.members.ts'
import { refuseFields } from './mailchimp.problems.ts'
import { addTags, create, update } from './mailchimp.rules.ts'
import type { BulkOrder } from './mailchimp.shapes.ts'
import { number, type Of, object, text } from './shape.ts'
import { subscriberHash } from './signatures.ts'

type Item = BulkOrder['members'][number]
type Rules = { skipMergeRules: boolean; skipDuplicates: boolean }

/** Adds and (with `update_existing`) changes members one by one; one that fails does not stop the others. */
export function importMembers(audiences: Audiences, list: string, order: BulkOrder, rules: Rules) {
  const news: Member[] = []
  const updated: Member[] = []
  const errors: ReturnType<typeof errorOf>[] = []
  const seen = new Set<string>()
  for (const item of order.members) {
    const id = subscriberHash(item.email_address)
    const isKnown = isPresent(audiences.audience(list), id)
    try {
      if (seen.has(id) && rules.skipDuplicates) continue
      if (seen.has(id)) refuseItem('ERROR_GENERIC', 'is in this request more than once')
      seen.add(id)
      if (isKnown && !order.update_existing) refuseItem('ERROR_CONTACT_EXISTS', 'is already a list member')
      const member = audiences.change(list, id, 'api', (place) => importOne(place, item, order, rules))
      ;(isKnown ? updated : news).push(member)
    } catch (error) {
      errors.push(errorOf(item, error))
    }
  }
  return {
    new_members: news.map(described),
    updated_members: updated.map(described),
    errors,
    total_created: news.length,
    total_updated: updated.length,
    error_count: errors.length,
  }
}

function isPresent(audience: Audience, id: string): boolean {
  return (lookUp(audience, id)?.status ?? 'archived') !== 'archived'
}

function importOne(audience: Audience, item: Item, { sync_tags }: BulkOrder, rules: Rules): Member {
  const { tags = [], status, ...change } = item
  const found = lookUp(audience, item.email_address)
  if (!found || found.status === 'archived') {
    if (!status)
      return refuseFields([{ field: 'status', message: 'Required fields were not provided: status' }])
    return create(audience, { ...item, status }, rules.skipMergeRules)
  }
  const patch = status ? { ...change, status } : change
  const member = update(audience, found, patch, rules.skipMergeRules)
  if (sync_tags) member.tags = []
  return addTags(member, tags)
}

class ItemError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function refuseItem(code: string, reason: string): never {
  throw new ItemError(code, reason)
}

function errorOf({ email_address }: Item, error: unknown) {
  const usual = { email_address, error_code: 'ERROR_GENERIC', field: '', field_message: '' }
  if (error instanceof ItemError) {
    return { ...usual, error: `${email_address} ${error.message}.`, error_code: error.code }
  }
  if (!(error instanceof Refusal)) throw error
  const { detail, errors = [] } = error.reply.body as { detail: string; errors?: FieldError[] }
  return { ...usual, error: detail, field: errors[0]?.field ?? '', field_message: errors[0]?.message ?? '' }
}
type FieldError = { field: string; message: string }

/** The body of `POST /_sandbox/members`. */
export const generatorShape = object(
  { list: text(), count: number },
  {
    from: number,
    prefix: text({ pattern: /^[\w.+-]+$/ }),
    status: text({ oneOf: ['subscribed', 'unsubscribed', 'pending', 'cleaned'] }),
  },
)

/**
 * Adds `count` members `<prefix><number>@bulk.example` without webhooks, numbered from `from`; those
 * who are there already stay. About 300 bytes each.
 */
export function generateMembers(
  audience: Audience,
  order: Of<typeof generatorShape>,
): { added: number; total: number } {
  const { count, from = 1, prefix = 'member', status = 'subscribed' } = order
  const before = audience.members.size
  for (let number = from; number < from + count; number += 1) {
    const email = `${prefix}${number}@bulk.example`
    if (audience.members.has(subscriberHash(email))) continue
    const member = newMember(audience, email)
    Object.assign(member, {
      status,
      changedAt: nowInSeconds(),
      merge: { FNAME: 'Member', LNAME: String(number) },
    })
    audience.members.set(member.id, member)
  }
  return { added: audience.members.size - before, total: audience.members.size }
}
