import { Refusal } from './exchange.ts'
import { errorReply, refuse } from './hubspot.errors.ts'
import { changedProperty, type Kind, rules } from './hubspot.kinds.ts'
import { createProperties, type Properties, withoutStepBack } from './hubspot.properties.ts'
import type { UpsertInput } from './hubspot.shapes.ts'
import { createUniqueIndex } from './hubspot.unique.ts'

/** One contact, deal, note or communication. */
export type CrmRecord = {
  id: string
  properties: Properties
  createdAt: string
  updatedAt: string
  archived: boolean
}
export type Change = {
  kind: Kind
  record: CrmRecord
  changed: Properties
  what: 'created' | 'changed' | 'deleted' | 'erased' | 'merged'
  /** Of a merge: the record that was kept and the one that went. */
  merge?: { primary: string; merged: string }
}
type Upserted = { record: CrmRecord; isNew: boolean }

/** The portal's records of one kind; e-mail and properties made with `hasUniqueValue` are unique. */
export function createRecords(kind: Kind, told: (change: Change) => void) {
  const records = new Map<string, CrmRecord>()
  const properties = createProperties(kind)
  const unique = createUniqueIndex(properties, rules[kind].singular)
  let nextId = rules[kind].firstId

  function find(id: string, idProperty: string | null): CrmRecord | undefined {
    if (idProperty === null || idProperty === 'hs_object_id') return records.get(id)
    if (!properties.get(idProperty)?.hasUniqueValue) {
      refuse(400, 'VALIDATION_ERROR', `idProperty ${idProperty} is not a unique property`)
    }
    return records.get(unique.owner(idProperty, id) ?? '')
  }

  function get(id: string, idProperty: string | null): CrmRecord {
    const absent = () => refuse(404, 'OBJECT_NOT_FOUND', `Object not found.  objectId are usually numeric.`)
    return find(id, idProperty) ?? absent()
  }

  function write(record: CrmRecord, given: Properties, what: 'created' | 'changed'): CrmRecord {
    const { email } = given
    const wanted = email === undefined ? given : { ...given, email: email.toLowerCase() }
    const forward = withoutStepBack(record.properties, wanted)
    const changed = Object.fromEntries(
      Object.entries(forward).filter(([name, value]) => (record.properties[name] ?? '') !== value),
    )
    if (changed.email) keepAddress(record, changed.email)
    unique.move(record.id, record.properties, changed)
    for (const other of additional(record)) unique.give('email', other, record.id)
    record.updatedAt = new Date().toISOString()
    Object.assign(record.properties, changed, { [changedProperty(kind)]: record.updatedAt })
    told({ kind, record, changed, what })
    return record
  }

  const additional = ({ properties }: CrmRecord) =>
    (properties.hs_additional_emails ?? '').split(';').filter(Boolean)

  /** A contact with several addresses keeps the one that is no longer the first. */
  function keepAddress(record: CrmRecord, email: string): void {
    const others = additional(record)
    if (!others.includes(email)) return
    const kept = [...others.filter((other) => other !== email), record.properties.email ?? '']
    record.properties.hs_additional_emails = kept.filter(Boolean).join(';')
  }

  /** What the kept record lacks comes from the other; the other's address becomes a further one. */
  function merge(primary: CrmRecord, other: CrmRecord, makesNew: boolean): CrmRecord {
    const emails = [...additional(primary), ...additional(other), other.properties.email ?? ''].filter(
      Boolean,
    )
    const further = { hs_additional_emails: emails.join(';') }
    const properties: Properties = { ...other.properties, ...primary.properties, ...further }
    const record = makesNew ? { ...primary, id: String(nextId++) } : primary
    records.delete(primary.id)
    records.delete(other.id)
    record.properties = {
      ...properties,
      hs_object_id: record.id,
      [changedProperty(kind)]: new Date().toISOString(),
    }
    records.set(record.id, record)
    for (const email of [properties.email ?? '', ...emails].filter(Boolean))
      unique.give('email', email, record.id)
    const merged = { primary: primary.id, merged: other.id }
    told({ kind, record, changed: {}, what: 'merged', merge: merged })
    return record
  }

  function check(given: Properties, existing: CrmRecord | undefined): void {
    if (/^locked.*@bounce\.example$/i.test(existing?.properties.email ?? given.email ?? '')) {
      refuse(423, 'LOCKED', 'The resource is locked; try again later.')
    }
    properties.check(given, existing?.properties ?? null)
    unique.check(given, existing?.id ?? null)
  }

  function create(given: Properties): CrmRecord {
    check(given, undefined)
    const id = String(nextId)
    nextId += 1
    const at = new Date().toISOString()
    const record = { id, properties: {}, createdAt: at, updatedAt: at, archived: false }
    records.set(id, record)
    const pipeline = kind === 'deals' ? { pipeline: 'default' } : {}
    const created = kind === 'contacts' || kind === 'deals' ? { createdate: at } : { hs_createdate: at }
    return write(record, { ...pipeline, ...given, hs_object_id: id, ...created }, 'created')
  }

  function change(record: CrmRecord, given: Properties): CrmRecord {
    check(given, record)
    return write(record, given, 'changed')
  }

  return {
    kind,
    properties,
    all: () => [...records.values()],
    find,
    get,
    create,
    check,
    change: (id: string, idProperty: string | null, given: Properties) => change(get(id, idProperty), given),
    upsert({ id, idProperty, properties: given }: UpsertInput): Upserted {
      const found = find(id, idProperty ?? null)
      const full = { [idProperty ?? '']: id, ...given }
      return found ? { record: change(found, given), isNew: false } : { record: create(full), isNew: true }
    },
    merge,
    /** Puts a record into the archive: nobody finds it any more. Nothing happens when there is none. */
    remove(id: string, what: 'deleted' | 'erased' = 'deleted'): void {
      const record = records.get(id)
      if (!record) return
      records.delete(id)
      for (const other of additional(record)) unique.free('email', other)
      unique.move(
        id,
        record.properties,
        Object.fromEntries(Object.keys(record.properties).map((name) => [name, ''])),
      )
      told({ kind, record: { ...record, archived: true }, changed: {}, what })
    },
  }
}
export type Records = ReturnType<typeof createRecords>

/** What is wrong with one input of an upsert; null = it can be written. */
export function upsertProblem(records: Records, { id, idProperty, properties }: UpsertInput): Refusal | null {
  try {
    if (!idProperty)
      return new Refusal(errorReply(400, 'VALIDATION_ERROR', 'idProperty is required for upsert'))
    records.check({ [idProperty]: id, ...properties }, records.find(id, idProperty))
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** A record with the wanted properties only; one without a value is null. */
export function described(kind: Kind, record: CrmRecord, wanted: string[] | null) {
  const { shown, properties: known } = rules[kind]
  const created = known.find(({ name }) => name === 'createdate' || name === 'hs_createdate')?.name ?? ''
  const names = new Set([...(wanted ?? shown), 'hs_object_id', created, changedProperty(kind)])
  const properties = Object.fromEntries([...names].map((name) => [name, record.properties[name] ?? null]))
  return { ...record, properties }
}
