import { LedgerError } from '../ledger/errors.ts'
import { CampaignIncompleteError, NotADraftError } from '../marketing/campaigns/changes.ts'
import { InvalidTransitionError } from '../marketing/campaigns/transitions.ts'
import type { Api } from '../schema/api.ts'
import { found } from './errors.ts'

/** The campaign is not the version the caller wanted to change. */
export class CampaignVersionConflictError extends LedgerError {
  readonly campaignId: string
  constructor(campaignId: string, version: number) {
    super('VERSION_CONFLICT', `Campaign ${campaignId} has version ${version} by now`)
    this.campaignId = campaignId
  }
}

/** Failures a caller who changes campaigns must expect. */
export function campaignErrorTypes(api: Api): void {
  const { builder, Campaign, CampaignState } = api
  const interfaces = [api.Error]
  builder.objectType(CampaignVersionConflictError, {
    name: 'CampaignVersionConflictError',
    interfaces,
    fields: (t) => ({
      campaign: t.field({
        type: Campaign,
        description: 'The campaign as it is now.',
        resolve: ({ campaignId }, _, { loaders }) => found(loaders.campaign, campaignId),
      }),
    }),
  })
  builder.objectType(NotADraftError, {
    name: 'NotADraftError',
    interfaces,
    fields: (t) => ({ campaignState: t.expose('state', { type: CampaignState }) }),
  })
  builder.objectType(InvalidTransitionError, {
    name: 'InvalidTransitionError',
    interfaces,
    fields: (t) => ({
      from: t.expose('from', { type: CampaignState }),
      to: t.expose('to', { type: CampaignState }),
    }),
  })
  builder.objectType(CampaignIncompleteError, {
    name: 'CampaignIncompleteError',
    interfaces,
    fields: (t) => ({ missing: t.exposeStringList('missing') }),
  })
}
