import { Campaign, type CampaignContent, type CampaignState } from '../../entities/campaign.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { type CampaignPatch, type CampaignRow, lockCampaign, patchCampaign } from './campaign-row.ts'
import { appendCampaignEvents, type Cause, type NewCampaignEvent } from './events.ts'
import { checkMove } from './transitions.ts'

/** What people do to campaigns: create, edit, schedule, take back, cancel. Mailchimp learns of it by `campaign.sync`. */

export type CampaignFields = CampaignContent & { audienceId: string | null }

export type ChangedCampaign =
  | { kind: 'changed' | 'unchanged' | 'stale'; campaign: CampaignRow }
  | { kind: 'missing' }

export interface CampaignTarget {
  campaignId: string
  /** Change the campaign only if it still has this version. */
  expectedVersion?: number | undefined
  cause: Cause
}

/** Only a draft can be edited: what is scheduled has to be taken back first. */
export class NotADraftError extends Error {
  override readonly name = 'NotADraftError'
  readonly code = 'NOT_A_DRAFT'
  readonly state: CampaignState
  constructor({ id, state }: CampaignRow) {
    super(`Campaign ${id} is ${state}; only one that is DRAFT or FAILED can be edited`)
    this.state = state
  }
}

/** A campaign lacks what Mailchimp wants before it sends. */
export class CampaignIncompleteError extends Error {
  override readonly name = 'CampaignIncompleteError'
  readonly code = 'CAMPAIGN_INCOMPLETE'
  readonly missing: string[]
  constructor(id: string, missing: string[]) {
    super(`Campaign ${id} has no ${missing.join(', ')}`)
    this.missing = missing
  }
}

/** Writes a new draft and the first event of its history. */
export async function insertCampaign(
  em: Em,
  workspaceId: string,
  fields: CampaignFields,
  cause: Cause,
): Promise<CampaignRow> {
  const now = new Date()
  const campaign: CampaignRow = {
    ...emptyCampaign(workspaceId, now),
    ...fields,
  }
  await em.insert(Campaign, campaign)
  await appendCampaignEvents(em, campaign.id, [{ type: 'CREATED' }], cause)
  return { ...campaign, lastEventSeq: 1 }
}

/** What a campaign has before anybody has said anything about it. */
export const noContent: CampaignFields = {
  name: '',
  subject: null,
  previewText: null,
  fromName: null,
  replyTo: null,
  html: null,
  audienceId: null,
}

/** A draft with nothing in it. */
export function emptyCampaign(workspaceId: string, now: Date): CampaignRow {
  return {
    id: newId('campaign'),
    workspaceId,
    ...noContent,
    state: 'DRAFT',
    scheduledAt: null,
    sentAt: null,
    recipients: null,
    mailchimpId: null,
    syncedContent: null,
    syncedAt: null,
    createStartedAt: null,
    syncingBy: null,
    syncingUntil: null,
    report: null,
    reportedAt: null,
    reason: null,
    lastEventSeq: 0,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
}

/**
 * Edits a draft. One that FAILED becomes a draft again. A patch that changes nothing writes nothing.
 * @throws NotADraftError
 */
export function editCampaign(
  em: Em,
  workspaceId: string,
  target: CampaignTarget,
  fields: Partial<CampaignFields>,
): Promise<ChangedCampaign> {
  return change(em, workspaceId, target, (campaign) => {
    const patch = differences(campaign, fields)
    const names = Object.keys(patch)
    if (names.length === 0) return undefined
    if (campaign.state !== 'DRAFT' && campaign.state !== 'FAILED') throw new NotADraftError(campaign)
    const changed = names.filter((name) => name !== 'audienceId') as (keyof CampaignContent)[]
    const edited: NewCampaignEvent = { type: 'UPDATED', detail: { fields: changed } }
    if (campaign.state === 'DRAFT') return { patch, events: [edited] }
    return { patch: { ...patch, state: 'DRAFT', reason: null }, events: [edited, moved(campaign, 'DRAFT')] }
  })
}

/**
 * Schedules a draft, or moves one that is scheduled to another time. Whether the time itself is acceptable is told by
 * `scheduleProblem`. @throws InvalidTransitionError, CampaignIncompleteError
 */
export function scheduleCampaign(
  em: Em,
  workspaceId: string,
  target: CampaignTarget,
  at: Date,
): Promise<ChangedCampaign> {
  return change(em, workspaceId, target, (campaign) => {
    const isSame = campaign.scheduledAt?.getTime() === at.getTime()
    if (campaign.state === 'SCHEDULED' && isSame) return undefined
    if (campaign.state === 'SCHEDULED')
      return {
        patch: { scheduledAt: at },
        events: [{ type: 'UPDATED', detail: { fields: ['scheduledAt'] } }],
      }
    checkMove(campaign.state, 'SCHEDULED', 'US')
    const missing = (['subject', 'fromName', 'replyTo', 'html'] as const).filter((name) => !campaign[name])
    if (missing.length > 0) throw new CampaignIncompleteError(campaign.id, missing)
    return {
      patch: { state: 'SCHEDULED', scheduledAt: at, reason: null },
      events: [moved(campaign, 'SCHEDULED')],
    }
  })
}

/** Takes a scheduled campaign back to DRAFT, or cancels one for good. @throws InvalidTransitionError */
export function withdrawCampaign(
  em: Em,
  workspaceId: string,
  target: CampaignTarget,
  to: 'DRAFT' | 'CANCELLED',
): Promise<ChangedCampaign> {
  return change(em, workspaceId, target, (campaign) => {
    if (campaign.state === to) return undefined
    checkMove(campaign.state, to, 'US')
    return { patch: { state: to, scheduledAt: null, reason: null }, events: [moved(campaign, to)] }
  })
}

const moved = ({ state }: CampaignRow, to: CampaignState): NewCampaignEvent => ({
  type: 'STATE_CHANGED',
  detail: { from: state, to },
})

const quarterHourMs = 900_000

/** Why a campaign cannot be scheduled at a time; undefined when it can. Mailchimp takes full quarter hours only. */
export function scheduleProblem(at: Date, now: Date): string | undefined {
  if (at.getTime() % quarterHourMs !== 0) return 'is not a full quarter hour (:00, :15, :30 or :45)'
  return at <= now ? 'is not in the future' : undefined
}

interface Edit {
  patch: CampaignPatch
  events: NewCampaignEvent[]
}

async function change(
  em: Em,
  workspaceId: string,
  { campaignId, expectedVersion, cause }: CampaignTarget,
  edit: (campaign: CampaignRow) => Edit | undefined,
): Promise<ChangedCampaign> {
  const campaign = await lockCampaign(em, workspaceId, campaignId)
  if (!campaign) return { kind: 'missing' }
  if (expectedVersion !== undefined && expectedVersion !== campaign.version)
    return { kind: 'stale', campaign }
  const wanted = edit(campaign)
  if (!wanted) return { kind: 'unchanged', campaign }
  const { patch, events } = wanted
  return { kind: 'changed', campaign: await patchCampaign(em, campaign, patch, events, cause) }
}

function differences(campaign: CampaignRow, fields: Partial<CampaignFields>): Partial<CampaignFields> {
  const differs = ([name, value]: [string, unknown]) =>
    value !== undefined && value !== campaign[name as keyof CampaignRow]
  return Object.fromEntries(Object.entries(fields).filter(differs))
}
