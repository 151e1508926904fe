// HubSpot CRM, date-versioned API (the /crm/v3 paths end in September 2027).

import type { Crm } from '../crm.ts'
import { createDeal, logActivity } from './activities.ts'
import { changedSince } from './changes.ts'
import { check, updateContact, upsertContact } from './contacts.ts'
import { createPortal, type HubspotSettings } from './portal.ts'

export interface Hubspot extends Crm {
  readonly vendor: 'hubspot'
}

/** The verbs we use on one HubSpot portal. All of them are safe to repeat. */
export function createHubspot(settings: HubspotSettings): Hubspot {
  const portal = createPortal(settings)
  return {
    vendor: 'hubspot',
    mappedFields: Object.keys(portal.mapping),
    check: (context) => check(portal, context),
    upsertContact: (contact, context) => upsertContact(portal, contact, context),
    updateContact: (change, context) => updateContact(portal, change, context),
    logActivity: (activity, context) => logActivity(portal, activity, context),
    createDeal: (deal, context) => createDeal(portal, deal, context),
    changedSince: (watermark, context) => changedSince(portal, watermark, context),
  }
}
