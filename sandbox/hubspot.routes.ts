import type { Call, Reply } from './exchange.ts'
import type { Associations } from './hubspot.associations.ts'
import {
  batch,
  bodyOf,
  createBatch,
  readAssociations,
  readBatch,
  updateBatch,
  upsert,
} from './hubspot.batch.ts'
import { rateLimited, refuse } from './hubspot.errors.ts'
import { isKind, type Kind, kinds } from './hubspot.kinds.ts'
import { owners, pipelines } from './hubspot.pipelines.ts'
import { type CrmRecord, described, type Records } from './hubspot.records.ts'
import { search } from './hubspot.search.ts'
import { createShape, eraseShape, patchShape, propertyShape, searchShape } from './hubspot.shapes.ts'
import { on, type Route } from './routes.ts'

export type Portal = {
  store: Record<Kind, Records>
  associations: Associations
  /** What the search knows, per kind. */
  indexes: Record<Kind, Map<string, CrmRecord>>
  /** Counts a search; false when there were too many. */
  maySearch(): boolean
}

/** The CRM's paths, without their version. */
export function portalRoutes(portal: Portal): Route[] {
  return [
    ...kinds.flatMap((kind) => [...recordRoutes(portal, kind), ...propertyRoutes(portal.store[kind])]),
    ...associationRoutes(portal),
    on('POST', '/objects/contacts/gdpr-delete', (call) => {
      const { objectId, idProperty } = bodyOf(call, eraseShape)
      const id = portal.store.contacts.find(objectId, idProperty ?? null)?.id ?? ''
      return remove(portal, 'contacts', id, 'erased')
    }),
    on('GET', '/pipelines/deals', () => ok({ results: pipelines })),
    on('GET', '/owners', ({ query }) =>
      ok({ results: owners.filter(({ email }) => [null, email].includes(query.get('email'))) }),
    ),
  ]
}

function recordRoutes(portal: Portal, kind: Kind): Route[] {
  const { store, associations } = portal
  const records = store[kind]
  const path = `/objects/${kind}`
  return [
    on('POST', path, (call) => created(create(portal, kind, call))),
    on('POST', `${path}/batch/create`, (call) => createBatch(records, associations, call)),
    on('POST', `${path}/batch/upsert`, (call) => upsert(records, call)),
    on('POST', `${path}/batch/read`, (call) => readBatch(records, call)),
    on('POST', `${path}/batch/update`, (call) => updateBatch(records, call)),
    on('POST', `${path}/search`, (call) => {
      const order = bodyOf(call, searchShape)
      if (!portal.maySearch()) return rateLimited('SECONDLY')
      return ok(search(records, [...portal.indexes[kind].values()], order))
    }),
    on('GET', path, (call) => ok(page(records, call))),
    on('GET', `${path}/:id`, (call, id) => {
      const record = records.get(id!, idProperty(call))
      const ends = associations.shown({ kind, id: record.id }, listIn(call, 'associations') ?? [])
      return ok({ ...described(kind, record, listIn(call, 'properties')), ...ends })
    }),
    on('PATCH', `${path}/:id`, (call, id) =>
      ok(records.change(id!, idProperty(call), bodyOf(call, patchShape).properties)),
    ),
    on('DELETE', `${path}/:id`, (_, id) => remove(portal, kind, id!)),
  ]
}

function create({ store, associations }: Portal, kind: Kind, call: Call): CrmRecord {
  const order = bodyOf(call, createShape)
  const ends = associations.targets(kind, order.associations ?? [])
  const record = store[kind].create(order.properties)
  for (const end of ends) associations.link({ kind, id: record.id }, end)
  return record
}

function remove(
  { store, associations }: Portal,
  kind: Kind,
  id: string,
  what: 'deleted' | 'erased' = 'deleted',
): Reply {
  store[kind].remove(id, what)
  associations.forget({ kind, id })
  return { status: 204 }
}

function page({ kind, all }: Records, { query }: Call) {
  const [start, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit') ?? 10)]
  if (!Number.isInteger(start) || !(limit >= 1 && limit <= 100)) {
    refuse(400, 'VALIDATION_ERROR', 'limit is 1 to 100, after a number')
  }
  const wanted = query.get('properties')?.split(',') ?? null
  const results = all()
    .slice(start, start + limit)
    .map((record) => described(kind, record, wanted))
  return {
    results,
    ...(start + limit < all().length ? { paging: { next: { after: String(start + limit) } } } : {}),
  }
}

function propertyRoutes({ kind, properties }: Records): Route[] {
  return [
    on('GET', `/properties/${kind}`, () => ok({ results: properties.list() })),
    on('GET', `/properties/${kind}/:name`, (_, name) => ok(properties.describe(name!))),
    on('POST', `/properties/${kind}`, (call) => created(properties.add(bodyOf(call, propertyShape)))),
  ]
}

function associationRoutes({ associations }: Portal): Route[] {
  return [
    on('PUT', '/objects/:from/:id/associations/default/:to/:other', (_, from, id, to, other) => {
      const results = associations.put({ kind: kindOf(from!), id: id! }, { kind: kindOf(to!), id: other! })
      return batch(results, [])
    }),
    on('POST', '/associations/:from/:to/batch/read', (call, from, to) =>
      readAssociations(associations, kindOf(from!), kindOf(to!), call),
    ),
  ]
}

/** Kinds are written in the singular, too. */
function kindOf(name: string): Kind {
  const plural = name.endsWith('s') ? name : `${name}s`
  return isKind(plural)
    ? plural
    : refuse(400, 'VALIDATION_ERROR', `Unable to infer object type from: ${name}`)
}

const ok = (body: unknown): Reply => ({ status: 200, body })
const created = (body: unknown): Reply => ({ status: 201, body })
const idProperty = (call: Call) => call.query.get('idProperty')
const listIn = (call: Call, name: string) => call.query.get(name)?.split(',') ?? null
