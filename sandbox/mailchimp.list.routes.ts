/** Paths of audiences, their members and their webhooks. */
import type { Reply } from './exchange.ts'
import {
  type Asked,
  asIs,
  bodyOf,
  done,
  found,
  page,
  paged,
  plain,
  route,
  shown,
} from './mailchimp.answers.ts'
import { type Audiences, describedAudience } from './mailchimp.audiences.ts'
import { importMembers } from './mailchimp.bulk.ts'
import { describedHook, type Hooks, hookPatchShape, hookShape } from './mailchimp.hooks.ts'
import { described } from './mailchimp.members.ts'
import { create, put, retag, update } from './mailchimp.rules.ts'
import { select } from './mailchimp.selection.ts'
import {
  audienceShape,
  bulkQuery,
  bulkShape,
  membersQuery,
  mergeFieldShape,
  mergeFieldsQuery,
  mergeRules,
  patchShape,
  postShape,
  putShape,
  tagQuery,
  tagsShape,
} from './mailchimp.shapes.ts'
import type { Route } from './routes.ts'

const skips = (asked: Asked<{ skip_merge_validation?: string }>) =>
  asked.query.skip_merge_validation === 'true'

export function audienceRoutes(audiences: Audiences): Route[] {
  return [
    route('GET', '/lists', paged, (asked) =>
      page(asked, { name: 'lists', all: audiences.all(), show: describedAudience }),
    ),
    route('POST', '/lists', plain, (asked) =>
      found(asked, describedAudience(audiences.create(bodyOf(asked, audienceShape)))),
    ),
    route('GET', '/lists/:list', shown, (asked, list) =>
      found(asked, describedAudience(audiences.audience(list!))),
    ),
    route('POST', '/lists/:list', bulkQuery, (asked, list) => {
      const rules = {
        skipMergeRules: skips(asked),
        skipDuplicates: asked.query.skip_duplicate_check === 'true',
      }
      audiences.audience(list!)
      return found(asked, importMembers(audiences, list!, bodyOf(asked, bulkShape), rules))
    }),
    route('GET', '/lists/:list/merge-fields', mergeFieldsQuery, (asked, list) => {
      const { type, required } = asked.query
      const all = audiences
        .mergeFields(list!)
        .filter((field) => type === undefined || field.type === type)
        .filter((field) => required === undefined || String(field.required) === required)
      return page(asked, { name: 'merge_fields', all, show: asIs, around: { list_id: list } })
    }),
    route('POST', '/lists/:list/merge-fields', plain, (asked, list) =>
      found(asked, audiences.addMergeField(list!, bodyOf(asked, mergeFieldShape))),
    ),
    route('GET', '/lists/:list/tag-search', tagQuery, (asked, list) => {
      const tags = audiences.tags(list!, asked.query.name ?? '')
      return found(asked, { tags, total_items: tags.length })
    }),
  ]
}

export function memberRoutes(audiences: Audiences): Route[] {
  const path = '/lists/:list/members'
  const one = `${path}/:hash`
  return [
    route('GET', path, membersQuery, (asked, list) => {
      const all = select(audiences.audience(list!), asked.query)
      return page(asked, { name: 'members', all, show: described, around: { list_id: list } })
    }),
    route('POST', path, mergeRules, (asked, list) => {
      const order = bodyOf(asked, postShape)
      const step = () => create(audiences.audience(list!), order, skips(asked))
      return found(asked, described(audiences.change(list!, order.email_address, 'api', step)))
    }),
    route('GET', one, shown, (asked, list, hash) => found(asked, described(audiences.member(list!, hash!)))),
    route('PUT', one, mergeRules, (asked, list, hash) => {
      const order = bodyOf(asked, putShape)
      const member = audiences.change(list!, hash!, 'api', (place) => put(place, hash!, order, skips(asked)))
      return found(asked, described(member))
    }),
    route('PATCH', one, mergeRules, (asked, list, hash) => {
      const order = bodyOf(asked, patchShape)
      const present = audiences.member(list!, hash!)
      const member = audiences.change(list!, hash!, 'api', (place) =>
        update(place, present, order, skips(asked)),
      )
      return found(asked, described(member))
    }),
    route('DELETE', one, plain, (_, list, hash) => done(audiences.archive(list!, hash!, 'api'))),
    route('POST', `${one}/actions/delete-permanent`, plain, (_, list, hash) =>
      done(audiences.forget(list!, hash!, 'api')),
    ),
    route('POST', `${one}/tags`, plain, (asked, list, hash) =>
      done(retag(audiences.member(list!, hash!), bodyOf(asked, tagsShape).tags)),
    ),
  ]
}

export function hookRoutes(audiences: Audiences, hooks: Hooks): Route[] {
  const path = '/lists/:list/webhooks'
  const one = `${path}/:id`
  const known = (list: string) => audiences.audience(list).listId
  return [
    route('GET', path, paged, (asked, list) =>
      page(asked, {
        name: 'webhooks',
        all: hooks.of(known(list!)),
        show: describedHook,
        around: { list_id: list },
      }),
    ),
    route('POST', path, plain, async (asked, list): Promise<Reply> => {
      const hook = await hooks.add(known(list!), bodyOf(asked, hookShape))
      return found(asked, { ...describedHook(hook), signing_secret: hook.secret })
    }),
    route('GET', one, shown, (asked, list, id) => found(asked, describedHook(hooks.get(list!, id!)))),
    route(
      'PATCH',
      one,
      plain,
      async (asked, list, id): Promise<Reply> =>
        found(asked, describedHook(await hooks.change(list!, id!, bodyOf(asked, hookPatchShape)))),
    ),
    route('DELETE', one, plain, (_, list, id) => done(hooks.remove(list!, id!))),
  ]
}
