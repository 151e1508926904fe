import { Refusal } from './exchange.ts'
import { errorReply, refuse } from './hubspot.errors.ts'
import { createProperties, type Properties, withoutStepBack } from './hubspot.properties.ts'
import type { UpsertInput } from './hubspot.shapes.ts'
import { createUniqueIndex } from './hubspot.unique.ts'

export type Contact = {
  id: string
  properties: Properties
  createdAt: string
  updatedAt: string
  archived: boolean
}
export type Change = { contact: Contact; changed: Properties; created: boolean }
type Upserted = { contact: Contact; isNew: boolean }

/** The portal's contacts; e-mail and properties made with `hasUniqueValue` are unique. */
export function createContacts(told: (change: Change) => void) {
  const contacts = new Map<string, Contact>()
  const properties = createProperties()
  const unique = createUniqueIndex(properties)
  let lastId = 500

  function find(id: string, idProperty: string | null): Contact | undefined {
    if (idProperty === null || idProperty === 'hs_object_id') return contacts.get(id)
    if (!properties.get(idProperty)?.hasUniqueValue) {
      refuse(400, 'VALIDATION_ERROR', `idProperty ${idProperty} is not a unique property`)
    }
    return contacts.get(unique.owner(idProperty, id) ?? '')
  }

  function get(id: string, idProperty: string | null): Contact {
    return (
      find(id, idProperty) ??
      refuse(404, 'OBJECT_NOT_FOUND', `Object not found.  objectId are usually numeric.`)
    )
  }

  function write(contact: Contact, given: Properties, created: boolean): Contact {
    const { email } = given
    const wanted = email === undefined ? given : { ...given, email: email.toLowerCase() }
    const changed = withoutStepBack(contact.properties, wanted)
    unique.move(contact.id, contact.properties, changed)
    contact.updatedAt = new Date().toISOString()
    Object.assign(contact.properties, changed, { lastmodifieddate: contact.updatedAt })
    told({ contact, changed, created })
    return contact
  }

  function create(given: Properties): Contact {
    properties.check(given)
    unique.check(given, null)
    lastId += 1
    const id = String(lastId)
    const at = new Date().toISOString()
    const contact = { id, properties: {}, createdAt: at, updatedAt: at, archived: false }
    contacts.set(id, contact)
    return write(contact, { ...given, hs_object_id: id, createdate: at }, true)
  }

  function change(contact: Contact, given: Properties): Contact {
    properties.check(given)
    unique.check(given, contact.id)
    return write(contact, given, false)
  }

  function upsert({ id, idProperty, properties: given }: UpsertInput): Upserted {
    const name = idProperty ?? refuse(400, 'VALIDATION_ERROR', 'idProperty is required for upsert')
    const found = find(id, name)
    const full = { [name]: id, ...given }
    return found ? { contact: change(found, given), isNew: false } : { contact: create(full), isNew: true }
  }

  return {
    properties,
    all: () => [...contacts.values()],
    find,
    get,
    create,
    change: (id: string, idProperty: string | null, given: Properties) => change(get(id, idProperty), given),
    upsert,
    /** Fails for a whole batch before anything is written. */
    checkUpsert(input: UpsertInput): Refusal | null {
      return problemOf(() => {
        if (!input.idProperty) refuse(400, 'VALIDATION_ERROR', 'idProperty is required for upsert')
        const found = find(input.id, input.idProperty)
        const full = { [input.idProperty]: input.id, ...input.properties }
        properties.check(full)
        unique.check(full, found?.id ?? null)
      })
    },
  }
}

function problemOf(check: () => void): Refusal | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Refuses a batch that names the same record twice. */
export function refuseRepeated(inputs: { id: string }[]): void {
  const ids = inputs.map((input) => input.id.toLowerCase())
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  if (repeated === undefined) return
  throw new Refusal(
    errorReply(409, 'CONFLICT', `Duplicate IDs found in batch input: [${repeated}]. IDs must be unique`),
  )
}

const usualProperties = ['email', 'firstname', 'lastname']
const always = ['hs_object_id', 'createdate', 'lastmodifieddate']

/** A contact with the wanted properties only; one without a value is null. */
export function described(contact: Contact, wanted: string[] | null) {
  const names = new Set([...(wanted ?? usualProperties), ...always])
  const properties = Object.fromEntries([...names].map((name) => [name, contact.properties[name] ?? null]))
  return { ...contact, properties }
}
