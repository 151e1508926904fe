import type { Portal } from './hubspot.routes.ts'
import type { createOAuth } from './oauth.ts'
import { type Of, object, record, text } from './shape.ts'

const properties = record(text())
/** What people do in HubSpot's own pages, by `type`; the bodies of `POST /_sandbox/events`. */
const shapes = {
  creation: object({ properties }),
  propertyChange: object({ email: text(), properties }),
  deletion: object({ email: text() }),
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
  else {
    store.contacts.remove(contact.id)
    associations.forget({ kind: 'contacts', id: contact.id })
  }
  return null
}
