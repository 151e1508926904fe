import { randomUUID } from 'node:crypto'
import { fault } from './twenty.errors.ts'
import { fits, mentions, sorted } from './twenty.filters.ts'
import type { ObjectName } from './twenty.objects.ts'
import { blank, merged, normalised, type Values } from './twenty.values.ts'

export type Row = Record<string, unknown> & { id: string; createdAt: string; updatedAt: string }
export type Change = {
  name: ObjectName
  action: 'created' | 'updated' | 'deleted'
  row: Row
  fields: string[]
}
/** Who writes: the API key, or a person in Twenty's own pages. */
export type Source = 'API' | 'MANUAL'
type Page = { filter?: Values; orderBy?: Values[]; first?: number; after?: string }

const PAGE_MAX = 60
const BATCH_MAX = 60

/** The rows of one object. Primary e-mail addresses are unique, also against deleted rows. */
export function createRows(name: ObjectName, told: (change: Change) => void, source: () => Source) {
  const rows = new Map<string, Row>()
  const idsByEmail = new Map<string, string>()
  const emailOf = (values: Values) => (values.emails as { primaryEmail?: string } | undefined)?.primaryEmail

  function sameAs(values: Values): Row | undefined {
    const email = emailOf(values)
    const byId = rows.get(String(values.id))
    const byEmail = rows.get(idsByEmail.get(email ?? '') ?? '')
    if (byId && byEmail && byId !== byEmail) {
      throw fault('Multiple records found with the same unique field values')
    }
    return byId ?? byEmail
  }

  function put(row: Row): Row {
    idsByEmail.delete(emailOf(rows.get(row.id) ?? {}) ?? '')
    const email = emailOf(row)
    if (email) idsByEmail.set(email, row.id)
    rows.set(row.id, row)
    return row
  }

  const actor = () => ({ source: source(), name: source() === 'API' ? 'Sandbox key' : 'Sandbox Person' })

  function insert(values: Values): Row {
    const at = new Date().toISOString()
    const times = { createdAt: at, updatedAt: at, createdBy: actor(), updatedBy: actor() }
    const id = String(values.id ?? randomUUID())
    const row = put({ ...merged(name, blank(name), values), ...times, id })
    told({ name, action: 'created', row, fields: Object.keys(values) })
    return row
  }

  /** A change is later than what it changes, so that a row which was only made has the same time twice. */
  function change(before: Row, values: Values): Row {
    const email = emailOf(values)
    if (email && (idsByEmail.get(email) ?? before.id) !== before.id) throw duplicate()
    const { id, createdAt } = before
    const updatedAt = new Date(Math.max(Date.now(), Date.parse(before.updatedAt) + 1)).toISOString()
    const fixed = { id, createdAt, updatedAt, deletedAt: null, updatedBy: actor() }
    const row = put({ ...merged(name, before, values), ...fixed })
    told({ name, action: 'updated', row, fields: Object.keys(values).filter((each) => each !== 'id') })
    return row
  }

  const alive = (id: string): Row => {
    const row = rows.get(id)
    if (!row || row.deletedAt !== null) throw fault('Record not found', 'NOT_FOUND')
    return row
  }

  return {
    all: () => [...rows.values()],
    /** Creates each or, with `upsert`, changes the one of the same id or address; a deleted one comes back. */
    write(data: Values[], upsert: boolean): Row[] {
      if (data.length > BATCH_MAX) throw fault(`Maximum number of records to mutate is ${BATCH_MAX}`)
      const all = data.map((given) => normalised(name, given))
      if (!upsert && all.some((values) => sameAs(values))) throw duplicate()
      return all.map((values) => {
        const known = sameAs(values)
        return known ? change(known, values) : insert(values)
      })
    },
    update: (id: string, data: Values): Row => change(alive(id), normalised(name, data)),
    remove(id: string): Row {
      const gone = put({ ...alive(id), deletedAt: new Date().toISOString() })
      told({ name, action: 'deleted', row: gone, fields: [] })
      return gone
    },
    page({ filter = {}, orderBy = [], first = PAGE_MAX, after }: Page) {
      if (first < 0) throw fault(`Invalid value for first: ${first}`)
      const visible = [...rows.values()].filter(
        (row) => mentions(filter, 'deletedAt') || row.deletedAt === null,
      )
      const found = sorted(
        visible.filter((row) => fits(row, filter)),
        orderBy,
      )
      const start = after === undefined ? 0 : found.findIndex(({ id }) => id === idIn(after)) + 1
      const nodes = found.slice(start, start + Math.min(first, PAGE_MAX))
      const edges = nodes.map((node) => ({ node, cursor: cursorOf(node) }))
      const ends = { startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null }
      const hasNextPage = start + nodes.length < found.length
      return {
        edges,
        pageInfo: { ...ends, hasNextPage, hasPreviousPage: start > 0 },
        totalCount: found.length,
      }
    },
  }
}

function duplicate() {
  return fault('A duplicate entry was detected')
}

function cursorOf({ id }: Row): string {
  return Buffer.from(JSON.stringify({ id })).toString('base64')
}

function idIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64').toString()).id
  } catch {
    throw fault(`Invalid cursor: ${cursor}`)
  }
}
