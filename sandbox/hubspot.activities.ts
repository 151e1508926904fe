import { refuse } from './hubspot.errors.ts'
import type { Association } from './hubspot.shapes.ts'

type Kind = 'notes' | 'communications'
type Activity = {
  id: string
  properties: Record<string, string>
  createdAt: string
  updatedAt: string
  archived: boolean
}
type Order = { properties: Record<string, string>; associations?: Association[] }

/** Properties each kind needs and may have, and its association type with a contact (6.3). */
const kinds: Record<Kind, { needs: string[]; may: string[]; toContact: number }> = {
  notes: {
    needs: ['hs_timestamp'],
    may: ['hs_note_body', 'hubspot_owner_id', 'hs_attachment_ids'],
    toContact: 202,
  },
  communications: {
    needs: ['hs_timestamp', 'hs_communication_channel_type', 'hs_communication_logged_from'],
    may: ['hs_communication_body', 'hubspot_owner_id'],
    toContact: 81,
  },
}

const NOTE_MAX = 65_536

/** Notes and communications: no natural key, so a repeated create makes a second one. */
export function createActivities(hasContact: (id: string) => boolean) {
  const activities: Record<Kind, Activity[]> = { notes: [], communications: [] }
  let lastId = 9000

  function create(kind: Kind, { properties, associations = [] }: Order): Activity {
    checkProperties(kind, properties)
    for (const association of associations) checkAssociation(kind, association, hasContact)
    lastId += 1
    const at = new Date().toISOString()
    const activity = { id: String(lastId), properties, createdAt: at, updatedAt: at, archived: false }
    activities[kind].push(activity)
    return activity
  }

  return { kinds: Object.keys(kinds) as Kind[], create, state: () => activities }
}

function checkProperties(kind: Kind, properties: Record<string, string>): void {
  const { needs, may } = kinds[kind]
  const missing = needs.filter((name) => !properties[name])
  if (missing.length > 0)
    refuse(400, 'VALIDATION_ERROR', `Some required properties were not set: ${missing}.`)
  const unknown = Object.keys(properties).find((name) => !needs.includes(name) && !may.includes(name))
  if (unknown) refuse(400, 'VALIDATION_ERROR', `Property "${unknown}" does not exist`)
  if (Number.isNaN(timeOf(properties.hs_timestamp ?? ''))) {
    refuse(400, 'VALIDATION_ERROR', `${properties.hs_timestamp} was not a valid timestamp`)
  }
  if ((properties.hs_note_body ?? '').length > NOTE_MAX)
    refuse(400, 'VALIDATION_ERROR', 'hs_note_body is too long')
}

function timeOf(value: string): number {
  return /^\d{13}$/.test(value) ? Number(value) : Date.parse(value)
}

function checkAssociation(kind: Kind, { to, types }: Association, hasContact: (id: string) => boolean): void {
  if (types.some((type) => type.associationTypeId !== kinds[kind].toContact)) {
    refuse(400, 'VALIDATION_ERROR', `associationTypeId must be ${kinds[kind].toContact} for a contact`)
  }
  if (!hasContact(to.id)) refuse(404, 'OBJECT_NOT_FOUND', `No contact with ID ${to.id} exists`)
}
