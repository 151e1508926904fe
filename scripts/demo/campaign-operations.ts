import type { Document } from './operations.ts'

/** What the campaign demo asks the API. Mutations carry a key of their own, as they are repeated when the API is away. */

export interface Campaign {
  id: string
  name: string
  subject: string | null
  state: string
  mailchimpId: string | null
}

/** What one run of `campaign.sync` did with one campaign. */
export interface SyncedItem {
  direction: 'PUSH' | 'PULL' | null
  outcome: string
  campaign: { id: string } | null
}

interface Key {
  idempotencyKey: string
}

type Draft = Key & Record<'name' | 'subject' | 'html' | 'fromName' | 'replyTo', string>

export const createCampaign = `mutation ($input: CreateCampaignInput!) {
  createCampaign(input: $input) { ... on CampaignPayload { campaign { id } } ... on Error { message } }
}` as Document<{ createCampaign: { campaign?: { id: string }; message?: string } }, { input: Draft }>

export const updateCampaign = `mutation ($input: UpdateCampaignInput!) {
  updateCampaign(input: $input) { ... on Error { message } }
}` as Document<{ updateCampaign: { message?: string } }, { input: Key & { id: string; subject: string } }>

export const scheduleCampaign = `mutation ($input: ScheduleCampaignInput!) {
  scheduleCampaign(input: $input) { ... on Error { message } }
}` as Document<{ scheduleCampaign: { message?: string } }, { input: Key & { id: string; at: string } }>

export const syncCampaigns = `mutation ($input: SyncCampaignsInput!) {
  syncCampaigns(input: $input) { ... on CampaignSyncPayload { job { id } } ... on Error { message } }
}` as Document<{ syncCampaigns: { job?: { id: string }; message?: string } }, { input: Key }>

/** Jobs about campaigns that are not final yet. */
export const campaignJobsUnderWay = `{
  jobs(filter: { names: [CAMPAIGN_SYNC], states: [PENDING, WAITING, ACTIVE, DELAYED] }, first: 1) { nodes { id } }
}` as Document<{ jobs: { nodes: { id: string }[] } }, object>

export const campaigns =
  `{ campaigns(first: 200) { nodes { id name subject state mailchimpId } } }` as Document<
    { campaigns: { nodes: Campaign[] } },
    object
  >

/** The newest reports; a run of the demo makes fewer. */
export const syncReports = `{
  campaignSyncs(first: 20) { nodes { items(first: 30) { nodes { direction outcome campaign { id } } } } }
}` as Document<{ campaignSyncs: { nodes: { items: { nodes: SyncedItem[] } }[] } }, object>
