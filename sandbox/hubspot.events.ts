import type { CrmRecord } from './hubspot.records.ts'
import type { Portal } from './hubspot.routes.ts'
import type { createOAuth } from './oauth.ts'
import { flag, type Of, object, record, text } from './shape.ts'

const properties = record(text())
/** What people do in HubSpot's own pages, by `type`; the bodies of `POST /_sandbox/events`. */
const shapes = {
  creation: object({ properties }),
  propertyChange: object({ email: text(), properties }),
  deletion: object({ email: text() }),
  /** Erasure by law, which cannot be undone. */
  privacyDeletion: object({ email: text() }),
  /** The contact with `email` is kept; with `makesNew` both go into a third. */
  merge: object({ email: text(), merged: text() }, { makesNew: flag }),
  uninstall: object({}),
}

/** null = done, a text = why not; values that do not fit are refused as by the API. */
export function act(
  { store, associations }: Portal,
  oauth: ReturnType<typeof createOAuth>,
  { type, ...event }: Record<string, unknown>,
): string | null {
  const name = String(type)
  if (!Object.hasOwn(shapes, name)) return `type is one of ${Object.keys(shapes).join(', ')}`
  const [problem] = shapes[name as keyof typeof shapes].check(event, [])
  if (problem) return `${problem.path.join('.')} ${problem.message}`
  if (name === 'uninstall') {
    oauth.uninstall()
    return null
  }
  const { email = '', properties: given = {} } = event as Partial<Of<typeof shapes.propertyChange>>
  if (name === 'creation') {
    store.contacts.create(given)
    return null
  }
  const contact = store.contacts.find(email, 'email')
  if (!contact) return `no contact has the e-mail ${email}`
  if (name === 'propertyChange') store.contacts.change(contact.id, null, given)
  else if (name === 'merge') return merge(store, contact, event as Of<typeof shapes.merge>)
  else {
    store.contacts.remove(contact.id, name === 'privacyDeletion' ? 'erased' : 'deleted')
    associations.forget({ kind: 'contacts', id: contact.id })
  }
  return null
}

function merge(
  { contacts }: Portal['store'],
  primary: CrmRecord,
  { merged, makesNew = false }: Of<typeof shapes.merge>,
): string | null {
  const other = contacts.find(merged, 'email')
  if (!other || other === primary) return `no other contact has the e-mail ${merged}`
  contacts.merge(primary, other, makesNew)
  return null
}
