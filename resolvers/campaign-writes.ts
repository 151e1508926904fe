import type { Em } from '../entities/index.ts'
import { audit } from '../ledger/audit.ts'
import { type AnyJobDefinition, requireDefinition } from '../ledger/definition.ts'
import { findByKeys } from '../ledger/enqueue.ts'
import { IdempotencyConflictError, NotFoundError } from '../ledger/errors.ts'
import { fingerprint } from '../ledger/input.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { JobRow } from '../ledger/row.ts'
import type { CampaignRow } from '../marketing/campaigns/campaign-row.ts'
import type { ChangedCampaign } from '../marketing/campaigns/changes.ts'
import type { Context } from '../schema/context.ts'
import { CampaignVersionConflictError } from './campaign-errors.ts'

/**
 * How a change of a campaign is written: the change, who made it, and the job that tells Mailchimp, in one transaction.
 * An idempotency key that was used brings back the first answer.
 */

const campaignSync = 'campaign.sync'

/** The definition of the job that keeps campaigns in step. */
export function campaignSyncOf({ definitions }: Ledger): AnyJobDefinition {
  return requireDefinition(definitions, campaignSync)
}

export interface CampaignWrite {
  /** Name of the mutation, and what the caller sent: tells a repeat from a conflict. */
  action: string
  asked: unknown
  idempotencyKey: string | undefined
  reason?: string | null | undefined
  /** Writes the change. @returns the campaign, and whether anything was changed */
  write(em: Em): Promise<{ campaign: CampaignRow; changed: boolean }>
}

export interface Written {
  campaignId: string
  /** Null when this is a repeat: it is read when it is asked for. */
  campaign: CampaignRow | null
  /** Null when nothing was changed. */
  job: JobRow | null
  changed: boolean
  alreadyExisted: boolean
}

/** Another transaction used the idempotency key after we had looked; seen again, the key is known. */
class KeyTaken extends Error {}

export async function writeCampaign(context: Context, request: CampaignWrite): Promise<Written> {
  for (let tries = 1; ; tries++) {
    try {
      return await context.ledger.transaction((em) => writeWithin(em, context, request))
    } catch (error) {
      if (!(error instanceof KeyTaken) || tries >= 3) throw error
    }
  }
}

async function writeWithin(em: Em, context: Context, request: CampaignWrite): Promise<Written> {
  const { ledger, actor } = context
  const { action, asked, idempotencyKey, reason } = request
  const fingerprintOf = { action, asked }
  const earlier = await repeated(em, context, idempotencyKey, fingerprintOf)
  if (earlier) return earlier
  const { campaign, changed } = await request.write(em)
  const answer = { campaignId: campaign.id, campaign, changed, alreadyExisted: false }
  if (!changed) return { ...answer, job: null }
  await audit(em, actor, action, campaign.id, reason)
  const definition = campaignSyncOf(ledger)
  const input = { scope: 'CAMPAIGN', campaignId: campaign.id }
  const [outcome] = await ledger.enqueueIn(em, [{ definition, input, actor, idempotencyKey, fingerprintOf }])
  if (outcome instanceof IdempotencyConflictError) throw new KeyTaken()
  if (outcome instanceof Error) throw outcome
  if (!outcome!.created) throw new KeyTaken()
  return { ...answer, job: outcome!.job }
}

async function repeated(
  em: Em,
  { workspaceId }: Context,
  key: string | undefined,
  asked: unknown,
): Promise<Written | undefined> {
  if (key === undefined) return undefined
  const job = (await findByKeys(em, workspaceId, campaignSync, [key])).get(key)
  if (!job) return undefined
  if (job.fingerprint !== fingerprint(asked) || !job.campaignId) throw new IdempotencyConflictError(job.id)
  return { campaignId: job.campaignId, campaign: null, job, changed: true, alreadyExisted: true }
}

/** The campaign after a change. @throws NotFoundError, CampaignVersionConflictError */
export function afterChange(
  id: string,
  outcome: ChangedCampaign,
): { campaign: CampaignRow; changed: boolean } {
  if (outcome.kind === 'missing') throw new NotFoundError(id)
  if (outcome.kind === 'stale') throw new CampaignVersionConflictError(id, outcome.campaign.version)
  return { campaign: outcome.campaign, changed: outcome.kind === 'changed' }
}
