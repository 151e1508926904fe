/** Audiences and the changes of their members; every change is told to the webhooks. */
import { randomBytes } from 'node:crypto'
import { Refusal } from './exchange.ts'
import { nowInSeconds, stamp } from './mailchimp.answers.ts'
import { goneHappening, type Happening, happeningsOf, type Source } from './mailchimp.happenings.ts'
import { lookUp, type Member, type Membership, tagId } from './mailchimp.members.ts'
import { addMergeField, type MergeField, usualMergeFields } from './mailchimp.merge.ts'
import { problem } from './mailchimp.problems.ts'
import type { AudienceOrder, MergeFieldOrder } from './mailchimp.shapes.ts'

export type Audience = Membership & { about: ReturnType<typeof aboutAudience> }
export type Audiences = ReturnType<typeof createAudiences>

/** Two audiences: `a6b5da1054` with single opt-in, `b7c6eb2165` with double opt-in. */
export function createAudiences(tell: (happening: Happening) => void) {
  const audiences = new Map<string, Audience>()
  const open = (about: Audience['about']) => {
    audiences.set(about.id, newAudience(about))
    return audience(about.id)
  }
  open(aboutAudience('a6b5da1054', 'Newsletter', false))
  open(aboutAudience('b7c6eb2165', 'Double opt-in', true))

  function audience(list: string): Audience {
    return audiences.get(list) ?? missing()
  }

  function member(list: string, id: string): Member {
    return lookUp(audience(list), id) ?? missing()
  }

  /** Makes a change of one member and tells what it was. */
  function change(list: string, id: string, source: Source, step: (audience: Audience) => Member): Member {
    const place = audience(list)
    const found = lookUp(place, id)
    const before = found && { ...found }
    const after = step(place)
    for (const happening of happeningsOf(before, after, source)) tell(happening)
    return after
  }

  return {
    all: () => [...audiences.values()],
    find: (list: string) => audiences.get(list),
    audience,
    member,
    change,
    create: ({ name, double_optin = false, email_type_option }: AudienceOrder) =>
      open({ ...aboutAudience(randomBytes(5).toString('hex'), name, double_optin), email_type_option }),
    mergeFields: (list: string): MergeField[] => audience(list).fields,
    addMergeField: (list: string, order: MergeFieldOrder) => addMergeField(audience(list), order),
    tags: (list: string, start: string) => tagsOf(audience(list), start),
    archive(list: string, id: string, source: Source): Member {
      if (member(list, id).status === 'archived') {
        throw new Refusal(problem(405, 'Method Not Allowed', 'This list member cannot be removed.'))
      }
      return change(list, id, source, () =>
        Object.assign(member(list, id), { status: 'archived', changedAt: nowInSeconds() }),
      )
    },
    /** Erases a member; the API can never add the address again. */
    forget(list: string, id: string, source: Source): void {
      const found = member(list, id)
      audience(list).forgotten.add(found.id)
      audience(list).members.delete(found.id)
      if (found.status !== 'archived') for (const happening of goneHappening(found, source)) tell(happening)
    },
  }
}

function missing(): never {
  throw new Refusal(problem(404))
}

function aboutAudience(id: string, name: string, double_optin: boolean) {
  const date_created = stamp(nowInSeconds())
  return { id, name, double_optin, email_type_option: false, date_created, visibility: 'pub' }
}

function newAudience(about: Audience['about']): Audience {
  return {
    about,
    listId: about.id,
    members: new Map(),
    fields: usualMergeFields(about.id),
    forgotten: new Set(),
    compliance: new Set(),
    counter: 0,
  }
}

/** An audience as the API shows it. */
export function describedAudience({ about, members, fields }: Audience) {
  const counts: Record<string, number> = {}
  for (const { status } of members.values()) counts[status] = (counts[status] ?? 0) + 1
  const stats = {
    member_count: counts.subscribed ?? 0,
    unsubscribe_count: counts.unsubscribed ?? 0,
    cleaned_count: counts.cleaned ?? 0,
    merge_field_count: fields.length,
  }
  return { ...about, stats }
}

function tagsOf({ members }: Audience, start: string) {
  const names = new Set<string>()
  for (const { tags } of members.values()) for (const name of tags) names.add(name)
  const fitting = [...names].filter((name) => name.toLowerCase().startsWith(start.toLowerCase()))
  return fitting.sort().map((name) => ({ id: tagId(name), name }))
}
