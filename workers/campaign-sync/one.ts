import { Campaign } from '../../entities/campaign.ts'
import type { RemoteCampaign } from '../../integrations/mailchimp/verbs.ts'
import type { CampaignRow } from '../../marketing/campaigns/campaign-row.ts'
import {
  noteDeleted,
  noteFailure,
  noteInStep,
  releaseCampaign,
  takeCampaign,
} from '../../marketing/campaigns/handling.ts'
import { insertPulled } from '../../marketing/campaigns/pulled.ts'
import { noteItem, type SyncNote } from '../../marketing/campaigns/sync-report.ts'
import { isInStep, takeOver } from '../../marketing/campaigns/twin.ts'
import { enqueueReport } from '../campaign.report.ts'
import { adoptTwin, createTwin } from './create.ts'
import { codeOf, isPermanent, NotYet, textOf, verdictOf } from './failures.ts'
import { push } from './push.ts'
import type { Run } from './run.ts'
import { twinOf } from './twin-of.ts'

/** A campaign of ours, one at Mailchimp, or both of a pair. */
export interface Pair {
  campaign: CampaignRow | undefined
  remote: RemoteCampaign | undefined
}

/**
 * Brings one pair in step and reports what came of it. A failure of it is reported, or put off until the job's next
 * attempt; only what concerns all campaigns is thrown.
 */
export async function syncPair(run: Run, { campaign, remote }: Pair): Promise<void> {
  const { context, postponed } = run
  context.signal.throwIfAborted()
  try {
    if (campaign) await inHand(run, campaign, () => syncOurs(run, campaign, remote))
    else if (remote) await pullNew(run, remote)
  } catch (error) {
    const verdict = verdictOf(error, { signal: context.signal, isLast: context.job.isLastAttempt })
    if (verdict === 'STOP') throw error
    if (verdict === 'LATER') postponed.set(campaign?.id ?? remote!.id, error)
    else await fail(run, { campaign, remote }, error)
  }
}

/** Another job may have it in hand; this one comes again then. */
const handMs = 2_000

async function inHand(run: Run, { id }: CampaignRow, work: () => Promise<void>): Promise<void> {
  const { context } = run
  if (!(await context.transaction((em) => takeCampaign(em, id, context.job.id))))
    throw new NotYet('IN_HAND', handMs)
  try {
    await work()
  } finally {
    await context.transaction((em) => releaseCampaign(em, id, context.job.id))
  }
}

async function syncOurs(run: Run, { id }: CampaignRow, seen: RemoteCampaign | undefined): Promise<void> {
  // Read again now that it is in hand: another job may have worked on it since.
  const { em, job } = run.context
  const campaign: CampaignRow | null = await em.findOne(
    Campaign,
    { id, workspaceId: job.workspaceId },
    { disableIdentityMap: true },
  )
  if (!campaign) return
  if (campaign.mailchimpId) return syncLinked(run, campaign, seen)
  if (seen) await adoptTwin(run, campaign, seen)
  else if (campaign.state !== 'DRAFT' && campaign.state !== 'SCHEDULED')
    return report(run, campaign, { outcome: 'UNCHANGED' })
  const remote = seen ?? (await createTwin(run, campaign))
  await meet(run, { ...campaign, mailchimpId: remote.id }, remote.id)
}

/** What a page of campaigns said is enough to see that nothing is to be done; before anything is done, it is read anew. */
async function syncLinked(run: Run, campaign: CampaignRow, seen: RemoteCampaign | undefined): Promise<void> {
  const mailchimpId = campaign.mailchimpId!
  const fits = seen?.id === mailchimpId
  if (fits && isInStep(campaign, await readTwin(run, campaign, seen))) {
    await watchReports(run, campaign)
    return report(run, campaign, { outcome: 'UNCHANGED' })
  }
  await meet(run, campaign, mailchimpId)
}

/** Takes over what Mailchimp has, then tells it what we have. */
async function meet(run: Run, known: CampaignRow, mailchimpId: string): Promise<void> {
  const { context, sync, cause } = run
  const remote = await readStopped(run, known, mailchimpId)
  if (!remote) return takeOverDeletion(run, known)
  const twin = await readTwin(run, known, remote)
  const taken = await context.transaction(async (em) => {
    const result = await takeOver(em, context.job.workspaceId, known.id, twin, cause)
    if (result) await noteItem(em, sync.id, noteOf(result, known))
    return result
  })
  if (!taken) return
  const { campaign, meeting } = taken
  await push(run, campaign, remote, meeting)
  await context.transaction((em) => noteInStep(em, campaign))
  await watchReports(run, campaign)
  await report(run, campaign, { outcome: 'UNCHANGED' })
}

/** The content is read unless it cannot have changed since we read it last. */
async function readTwin(run: Run, campaign: CampaignRow, remote: RemoteCampaign) {
  const isOver = campaign.state === 'SENT' && remote.status === 'sent'
  const html = isOver ? undefined : (await run.mailchimp.content(remote.id, run.call)).html
  return twinOf(remote, html, campaign)
}

/** The campaign at Mailchimp; if it is being sent although it was cancelled here, it is stopped first, if that can be. */
async function readStopped(run: Run, known: CampaignRow, id: string): Promise<RemoteCampaign | undefined> {
  const remote = await run.mailchimp.campaign(id, run.call)
  if (known.state !== 'CANCELLED' || remote?.status !== 'sending') return remote
  try {
    await run.mailchimp.cancelSend(id, run.call)
  } catch (error) {
    // Not in every plan, and not when it is too late: then it is being sent, and that is what we tell.
    const { errorClass } = error as { errorClass?: string }
    if (errorClass !== 'AUTH' && errorClass !== 'PERMANENT') throw error
    await report(run, known, { outcome: 'FAILED', reason: textOf(error), fields: ['state'] }, false)
  }
  return run.mailchimp.campaign(id, run.call)
}

async function takeOverDeletion(run: Run, campaign: CampaignRow): Promise<void> {
  const changed = await run.context.transaction((em) => noteDeleted(em, campaign, run.cause))
  await report(
    run,
    campaign,
    changed ? { outcome: 'UPDATED', direction: 'PULL', fields: ['state'] } : { outcome: 'UNCHANGED' },
  )
}

type Taken = NonNullable<Awaited<ReturnType<typeof takeOver>>>

/** What a take-over comes to in the report. */
function noteOf({ meeting, campaign }: Taken, known: CampaignRow): SyncNote {
  const { pull, conflicts, state, news } = meeting
  const fields = [...pull, ...news, ...(state === known.state ? [] : (['state'] as const))]
  const note = { subject: campaign.id, campaignId: campaign.id, mailchimpId: campaign.mailchimpId ?? null }
  const pulled = fields.length > 0 ? { direction: 'PULL' as const } : {}
  if (conflicts.length > 0) {
    const all = [...new Set([...conflicts.map(({ field }) => field), ...fields])]
    return { ...note, ...pulled, outcome: 'CONFLICTED', conflicts, fields: all }
  }
  return { ...note, ...pulled, outcome: fields.length > 0 ? 'UPDATED' : 'UNCHANGED', fields }
}

/** Takes in a campaign that was made at Mailchimp. */
async function pullNew(run: Run, remote: RemoteCampaign): Promise<void> {
  const { context, sync, cause } = run
  const { html } = await run.mailchimp.content(remote.id, run.call)
  const twin = twinOf(remote, html, undefined)
  const audienceId = remote.audienceId || null
  const campaign = await context.transaction(async (em) => {
    const row = await insertPulled(em, context.job.workspaceId, { ...twin, audienceId }, cause)
    if (!row) return undefined
    const note = { subject: row.id, campaignId: row.id, mailchimpId: remote.id, done: true } as const
    await noteItem(em, sync.id, { ...note, outcome: 'CREATED', direction: 'PULL' })
    return row
  })
  if (campaign) await watchReports(run, campaign)
}

/** Lets the reports of a campaign that was sent be read, at falling frequency, until they stand still. */
async function watchReports({ context }: Run, campaign: CampaignRow): Promise<void> {
  if (campaign.state !== 'SENT' || !campaign.sentAt) return
  await context.transaction((em) => enqueueReport(context.enqueue, em, campaign, new Date()))
}

async function fail(run: Run, { campaign, remote }: Pair, error: unknown): Promise<void> {
  const { context, sync, cause } = run
  const reason = textOf(error)
  if (campaign) {
    await context.transaction((em) =>
      noteFailure(em, campaign, codeOf(error), { cause, givenUp: isPermanent(error) }),
    )
    return report(run, campaign, { outcome: 'FAILED', reason })
  }
  const { id } = remote!
  await context.transaction((em) =>
    noteItem(em, sync.id, {
      subject: id,
      mailchimpId: id,
      outcome: 'FAILED',
      direction: 'PULL',
      reason,
      done: true,
    }),
  )
}

type Said = Omit<SyncNote, 'subject' | 'campaignId' | 'done'>

function report(
  { context, sync }: Run,
  { id, mailchimpId }: CampaignRow,
  said: Said,
  done = true,
): Promise<void> {
  return context.transaction((em) =>
    noteItem(em, sync.id, { ...said, subject: id, campaignId: id, mailchimpId: mailchimpId ?? null, done }),
  )
}
