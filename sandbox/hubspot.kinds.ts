import type { PropertyOrder } from './hubspot.shapes.ts'

/** The kinds of records the portal keeps. */
export const kinds = ['contacts', 'deals', 'notes', 'communications'] as const
export type Kind = (typeof kinds)[number]

type Rule = {
  singular: string
  /** HubSpot's number of the kind. */
  typeId: string
  firstId: number
  required: string[]
  /** Shown when the caller names no properties. */
  shown: string[]
  properties: PropertyOrder[]
}

/** HubSpot's own stages, in the only direction they may move. */
export const lifecycle = [
  ...['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity'],
  ...['customer', 'evangelist', 'other'],
]
const leadStatus = [
  ...['NEW', 'OPEN', 'IN_PROGRESS', 'OPEN_DEAL', 'UNQUALIFIED', 'ATTEMPTED_TO_CONTACT'],
  ...['CONNECTED', 'BAD_TIMING'],
]
const channels = ['WHATS_APP', 'SMS', 'LINKEDIN_MESSAGE']

export const rules: Record<Kind, Rule> = {
  contacts: {
    ...{ singular: 'CONTACT', typeId: '0-1', firstId: 501, required: [] },
    shown: ['email', 'firstname', 'lastname'],
    properties: [
      ...texts(['firstname', 'lastname', 'phone', 'mobilephone', 'company', 'website', 'address', 'city']),
      ...texts(['state', 'zip', 'country', 'jobtitle', 'hs_language', 'message', 'salutation', 'industry']),
      ...texts(['hubspot_owner_id']),
      { ...text('email'), hasUniqueValue: true },
      choice('lifecyclestage', lifecycle),
      choice('hs_lead_status', leadStatus),
      ...readOnly(['hs_object_id', 'createdate', 'lastmodifieddate', 'hs_analytics_source', 'num_notes']),
      ...readOnly(['hs_additional_emails']),
    ],
  },
  deals: {
    ...{ singular: 'DEAL', typeId: '0-3', firstId: 7001, required: ['dealname', 'dealstage'] },
    shown: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
    properties: [
      ...texts(['dealname', 'dealstage', 'pipeline', 'description', 'hubspot_owner_id']),
      { ...text('amount'), type: 'number', fieldType: 'number' },
      { ...text('closedate'), type: 'datetime', fieldType: 'date' },
      choice('dealtype', ['newbusiness', 'existingbusiness']),
      ...readOnly(['hs_object_id', 'createdate', 'hs_lastmodifieddate', 'hs_is_closed']),
    ],
  },
  notes: {
    ...{ singular: 'NOTE', typeId: '0-46', firstId: 9001, required: ['hs_timestamp'], shown: [] },
    properties: [
      ...texts(['hs_note_body', 'hubspot_owner_id', 'hs_attachment_ids']),
      { ...text('hs_timestamp'), type: 'datetime', fieldType: 'date' },
      ...readOnly(['hs_object_id', 'hs_createdate', 'hs_lastmodifieddate']),
    ],
  },
  communications: {
    ...{ singular: 'COMMUNICATION', typeId: '0-18', firstId: 12_001, shown: [] },
    required: ['hs_timestamp', 'hs_communication_channel_type', 'hs_communication_logged_from'],
    properties: [
      ...texts(['hs_communication_body', 'hubspot_owner_id']),
      { ...text('hs_timestamp'), type: 'datetime', fieldType: 'date' },
      choice('hs_communication_channel_type', channels),
      choice('hs_communication_logged_from', ['CRM']),
      ...readOnly(['hs_object_id', 'hs_createdate', 'hs_lastmodifieddate']),
    ],
  },
}

/** HubSpot's numbers for "belongs to", from a kind to another (integrations.md 6.3). */
const associationTypes: Record<Kind, Partial<Record<Kind, number>>> = {
  contacts: { deals: 4, notes: 201, communications: 82 },
  deals: { contacts: 3, notes: 213, communications: 86 },
  notes: { contacts: 202, deals: 214 },
  communications: { contacts: 81, deals: 85 },
}

/** Undefined when the two kinds cannot be associated. */
export function associationType(from: Kind, to: Kind): number | undefined {
  return associationTypes[from][to]
}

export function isKind(name: string): name is Kind {
  return kinds.some((kind) => kind === name)
}

/** The property that holds the time of the last change. */
export function changedProperty(kind: Kind): string {
  return kind === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'
}

function text(name: string): PropertyOrder {
  return { name, label: name, type: 'string', fieldType: 'text', groupName: 'sandbox' }
}

function texts(names: string[]): PropertyOrder[] {
  return names.map(text)
}

function choice(name: string, values: string[]): PropertyOrder {
  const options = values.map((value) => ({ label: value, value }))
  return { ...text(name), type: 'enumeration', fieldType: 'select', options }
}

function readOnly(names: string[]): PropertyOrder[] {
  return names.map((name) => ({ ...text(name), readOnlyValue: true }))
}
