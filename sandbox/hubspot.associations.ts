import { refuse } from './hubspot.errors.ts'
import { associationType, type Kind, kinds, rules } from './hubspot.kinds.ts'
import type { Records } from './hubspot.records.ts'
import type { Association } from './hubspot.shapes.ts'

type Link = { kind: Kind; id: string }
type Store = Record<Kind, Records>

const PAGE = 500

/** Which records belong together, seen from either side. */
export function createAssociations(store: Store) {
  const links = new Map<string, Link[]>()
  const keyOf = ({ kind, id }: Link) => `${kind} ${id}`
  const of = (from: Link, kind: Kind) => (links.get(keyOf(from)) ?? []).filter((link) => link.kind === kind)

  function add(from: Link, to: Link): void {
    if (of(from, to.kind).some(({ id }) => id === to.id)) return
    links.set(keyOf(from), [...(links.get(keyOf(from)) ?? []), to])
  }

  function link(from: Link, to: Link): void {
    add(from, to)
    add(to, from)
  }

  /** The records that a create names; each type must lead to a kind, and there must be such a record. */
  function targets(from: Kind, associations: Association[]): Link[] {
    return associations.flatMap(({ to, types }) =>
      types.map(({ associationTypeId }) => {
        const kind = kinds.find((other) => associationType(from, other) === associationTypeId)
        const wrong = `${associationTypeId} is no association type of ${rules[from].singular}`
        if (!kind) return refuse(400, 'VALIDATION_ERROR', wrong)
        const noun = kind.slice(0, -1)
        if (!store[kind].find(to.id, null))
          refuse(404, 'OBJECT_NOT_FOUND', `No ${noun} with ID ${to.id} exists`)
        return { kind, id: to.id }
      }),
    )
  }

  /** The default association; a repeat changes nothing. */
  function put(from: Link, to: Link) {
    const typeId = associationType(from.kind, to.kind)
    if (typeId === undefined) {
      return refuse(400, 'VALIDATION_ERROR', `${from.kind} cannot be associated with ${to.kind}`)
    }
    store[from.kind].get(from.id, null)
    store[to.kind].get(to.id, null)
    link(from, to)
    const both = (ends: [Link, Link]) => ({ from: { id: ends[0].id }, to: { id: ends[1].id } })
    const spec = (associationTypeId: number | undefined) => ({
      associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId },
    })
    return [
      { ...both([from, to]), ...spec(typeId) },
      { ...both([to, from]), ...spec(associationType(to.kind, from.kind)) },
    ]
  }

  return {
    link,
    targets,
    put,
    /** `associations` of a record that is read, for the kinds asked for. */
    shown(from: Link, wanted: string[]) {
      const asked = kinds.filter((kind) => wanted.includes(kind) && of(from, kind).length > 0)
      if (asked.length === 0) return {}
      const results = (kind: Kind) =>
        of(from, kind).map(({ id }) => ({ id, type: typeName(from.kind, kind) }))
      return { associations: Object.fromEntries(asked.map((kind) => [kind, { results: results(kind) }])) }
    },
    /** One page of the ids on the other side; undefined when there are none. */
    page(from: Link, kind: Kind, after = '0') {
      const all = of(from, kind)
      if (all.length === 0) return undefined
      const start = Number(after)
      const end = start + PAGE
      const typeId = associationType(from.kind, kind)
      const associationTypes = [{ category: 'HUBSPOT_DEFINED', typeId, label: null }]
      const to = all.slice(start, end).map(({ id }) => ({ toObjectId: Number(id), associationTypes }))
      const paging = end < all.length ? { paging: { next: { after: String(end) } } } : {}
      return { from: { id: from.id }, to, ...paging }
    },
    forget(gone: Link): void {
      for (const [key, others] of links) {
        links.set(
          key,
          others.filter((each) => keyOf(each) !== keyOf(gone)),
        )
      }
      links.delete(keyOf(gone))
    },
  }
}
export type Associations = ReturnType<typeof createAssociations>

function typeName(from: Kind, to: Kind): string {
  return `${rules[from].singular}_to_${rules[to].singular}`.toLowerCase()
}
