import { fromUUID, typeidUnboxed } from 'typeid-js'

/** The prefix of each kind of id; `node(id)` finds the table by it. */
const idPrefixes = {
  workspace: 'ws',
  apiKey: 'key',
  lead: 'lead',
  leadEvent: 'levt',
  consentEvent: 'cons',
  campaign: 'camp',
  campaignEvent: 'cevt',
  campaignSync: 'csync',
  integration: 'int',
  webhookReceipt: 'hook',
  suppression: 'supp',
  conversation: 'conv',
  inboundMessage: 'inmsg',
  whatsappTemplate: 'watpl',
  job: 'job',
  message: 'msg',
  audit: 'audit',
  schedule: 'sched',
  backup: 'bak',
  verification: 'verif',
  erasure: 'erase',
} as const

export type IdKind = keyof typeof idPrefixes

const pattern = /^([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}$/

/**
 * Makes an id of the given kind, e.g. `lead_01jd…`: a prefix and a UUIDv7 in base32
 * (https://github.com/jetify-com/typeid). Ids made later sort later, so they serve as keyset cursors.
 */
export function newId(kind: IdKind): string {
  return typeidUnboxed(idPrefixes[kind])
}

/** The kind an id belongs to by its prefix, or undefined when it is not one of our ids. */
export function kindOfId(id: string): IdKind | undefined {
  const prefix = pattern.exec(id)?.[1]
  return (Object.keys(idPrefixes) as IdKind[]).find((kind) => idPrefixes[kind] === prefix)
}

/** Sorts before every id of the kind that is made at that time or later. */
export function firstIdAt(kind: IdKind, at: Date): string {
  const ms = at.getTime().toString(16).padStart(12, '0')
  return fromUUID(`${ms.slice(0, 8)}-${ms.slice(8)}-0000-0000-000000000000`, idPrefixes[kind])
}
