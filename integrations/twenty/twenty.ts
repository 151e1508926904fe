// Twenty, an open source CRM, by the GraphQL API of one workspace.

import type { Crm } from '../crm.ts'
import { changedSince, check, updateContact, upsertContact } from './people.ts'
import { createDeal, logActivity } from './records.ts'
import { createWorkspace, type TwentySettings } from './workspace.ts'

/**
 * The verbs we use on one workspace. All of them are safe to repeat.
 * @throws VendorError when the mapping holds what cannot be the name of a field
 */
export function createTwenty(settings: TwentySettings): Crm {
  const workspace = createWorkspace(settings)
  return {
    vendor: 'twenty',
    mappedFields: Object.keys(workspace.mapping),
    check: (context) => check(workspace, context),
    upsertContact: (contact, context) => upsertContact(workspace, contact, context),
    updateContact: (change, context) => updateContact(workspace, change, context),
    logActivity: (activity, context) => logActivity(workspace, activity, context),
    createDeal: (deal, context) => createDeal(workspace, deal, context),
    changedSince: (watermark, context) => changedSince(workspace, watermark, context),
  }
}
