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
    description: 'Somebody changed the campaign since you read it.',
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
    description: 'Only a draft can be edited.',
    interfaces,
    fields: (t) => ({
      campaignState: t.expose('state', { description: 'The state the campaign has.', type: CampaignState }),
    }),
  })
  builder.objectType(InvalidTransitionError, {
    name: 'InvalidTransitionError',
    description: 'A campaign in its state cannot go to the one asked for.',
    interfaces,
    fields: (t) => ({
      from: t.expose('from', { description: 'The state it has.', type: CampaignState }),
      to: t.expose('to', { description: 'The state that was asked for.', type: CampaignState }),
    }),
  })
  builder.objectType(CampaignIncompleteError, {
    name: 'CampaignIncompleteError',
    description: 'The campaign lacks what it needs to be sent.',
    interfaces,
    fields: (t) => ({
      missing: t.exposeStringList('missing', {
        description: 'Names of the fields that have to be filled first.',
      }),
    }),
  })
}
