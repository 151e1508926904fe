import type { SyncedContent, SyncedField } from '../../entities/campaign.ts'
import type { CampaignSettingsChange, RemoteCampaign } from '../../integrations/mailchimp/verbs.ts'
import { type CampaignRow, contentOf } from '../../marketing/campaigns/campaign-row.ts'
import { notePushed, noteRecipients, unlinkTwin } from '../../marketing/campaigns/handling.ts'
import { noteItem } from '../../marketing/campaigns/sync-report.ts'
import { idInTitle } from '../../marketing/campaigns/title.ts'
import type { Meeting } from '../../marketing/campaigns/twin.ts'
import { isPermanent } from './failures.ts'
import type { Run } from './run.ts'
import { settingsOf } from './twin-of.ts'

/** One campaign that is to be told to Mailchimp, and what of it. */
interface Task {
  run: Run
  campaign: CampaignRow
  remote: RemoteCampaign
  fields: ReadonlySet<SyncedField>
  /** The audience it is moved to; undefined when it stays. */
  audienceId: string | undefined
}

interface Step {
  name: string
  isDue(task: Task): boolean
  work(task: Task): Promise<void>
  /** Which of the campaign's fields Mailchimp holds afterwards. */
  tells: readonly SyncedField[]
  /**
   * What becomes of the steps before it when Mailchimp refuses it for good.
   * - `ROLL_BACK`: a campaign that was created for this is deleted again, as long as it is a draft
   * - `CONTINUE`: what was done stays, and the next run goes on from there
   */
  onRefusal: 'ROLL_BACK' | 'CONTINUE'
}

const settings = ['name', 'subject', 'previewText', 'fromName', 'replyTo'] as const

const steps: readonly Step[] = [
  {
    // Nothing can be edited while it is scheduled. Its time is given anew by the last step.
    name: 'unschedule',
    isDue: isWithdrawn,
    work: unschedule,
    tells: [],
    onRefusal: 'CONTINUE',
  },
  {
    name: 'settings',
    isDue: ({ fields, audienceId }) =>
      audienceId !== undefined || settings.some((field) => fields.has(field)),
    work: tellSettings,
    tells: settings,
    // An older version of the settings is there, and a person may be at work on it.
    onRefusal: 'CONTINUE',
  },
  {
    name: 'content',
    isDue: ({ fields }) => fields.has('html'),
    work: ({ run, campaign, remote }) => run.mailchimp.setContent(remote.id, campaign.html ?? '', run.call),
    tells: ['html'],
    // A campaign without content, which nobody at Mailchimp asked for, would only lie about.
    onRefusal: 'ROLL_BACK',
  },
  {
    name: 'schedule',
    isDue: (task) =>
      task.campaign.state === 'SCHEDULED' && (task.fields.has('scheduledAt') || isWithdrawn(task)),
    work: schedule,
    tells: ['scheduledAt'],
    // The draft is complete and of use: a marketer corrects it here or there.
    onRefusal: 'CONTINUE',
  },
]

/** Whether it has to be taken off Mailchimp's schedule for what is to be told. */
function isWithdrawn({ remote, fields, audienceId }: Task): boolean {
  return remote.status === 'schedule' && (fields.size > 0 || audienceId !== undefined)
}

/** Sends Mailchimp the fields that we changed, step by step; what was sent is recorded after each. */
export async function push(
  run: Run,
  campaign: CampaignRow,
  remote: RemoteCampaign,
  { push: fields, audience }: Pick<Meeting, 'push' | 'audience'>,
): Promise<void> {
  const audienceId = audience === 'PUSH' ? (campaign.audienceId ?? undefined) : undefined
  const task = { run, campaign, remote, fields: new Set(fields), audienceId }
  for (const step of steps.filter(({ isDue }) => isDue(task))) {
    run.context.signal.throwIfAborted()
    try {
      await step.work(task)
    } catch (error) {
      if (step.onRefusal === 'ROLL_BACK' && isPermanent(error)) await rollBack(task)
      throw error
    }
    await note(task, step)
  }
}

async function note({ run, campaign, fields }: Task, { tells, name }: Step): Promise<void> {
  const told = tells.filter((field) => fields.has(field) || name === 'schedule')
  if (told.length === 0) return
  const content = contentOf(campaign)
  const held = Object.fromEntries(told.map((field) => [field, content[field]])) as Partial<SyncedContent>
  await run.context.transaction(async (em) => {
    await notePushed(em, campaign, held, run.cause)
    await noteItem(em, run.sync.id, {
      subject: campaign.id,
      campaignId: campaign.id,
      outcome: 'UPDATED',
      direction: 'PUSH',
      fields: told,
    })
  })
}

/**
 * Takes it off Mailchimp's schedule. That this is our doing is noted first: a crash between this and the new time would
 * otherwise look as if somebody at Mailchimp had unscheduled it.
 */
async function unschedule({ run, campaign, remote }: Task): Promise<void> {
  const withdrawn = campaign.state !== 'SCHEDULED'
  await run.context.transaction((em) => notePushed(em, campaign, { scheduledAt: null }, run.cause, withdrawn))
  await run.mailchimp.unschedule(remote.id, run.call)
  if (!withdrawn) return
  await run.context.transaction((em) =>
    noteItem(em, run.sync.id, {
      subject: campaign.id,
      campaignId: campaign.id,
      outcome: 'UPDATED',
      direction: 'PUSH',
      fields: ['scheduledAt'],
    }),
  )
}

async function tellSettings(task: Task): Promise<void> {
  const { run, campaign, remote, audienceId } = task
  const { audienceId: now, segment } = await run.mailchimp.updateCampaign(
    remote.id,
    settingsChange(task),
    run.call,
  )
  if (audienceId === undefined) return
  const recipients = { audienceId: now, segment }
  await run.context.transaction((em) => noteRecipients(em, campaign, recipients, run.cause))
}

/** Only what changed. What Mailchimp requires in every change is sent as it is there. */
function settingsChange({ campaign, remote, fields, audienceId }: Task): CampaignSettingsChange {
  const { title, subject, previewText, fromName, replyTo } = settingsOf(campaign, contentOf(campaign))
  return {
    subject: fields.has('subject') ? subject : remote.subject,
    fromName: fields.has('fromName') ? fromName : remote.fromName,
    replyTo: fields.has('replyTo') ? replyTo : remote.replyTo,
    ...(fields.has('name') && { title }),
    ...(fields.has('previewText') && { previewText }),
    ...(audienceId !== undefined && { audienceId }),
  }
}

/** Mailchimp was asked where the campaign is a moment ago; when it refuses, it is asked again, as others schedule too. */
async function schedule({ run, campaign, remote }: Task): Promise<void> {
  const at = campaign.scheduledAt!
  if (at.getTime() <= Date.now()) throw new TimePassed()
  try {
    await run.mailchimp.schedule(remote.id, at, run.call)
  } catch (error) {
    const now = await run.mailchimp.campaign(remote.id, run.call)
    if (now?.status === 'schedule' && now.sendTime?.getTime() === at.getTime()) return
    // The account works, so it is this that it may not do; the other campaigns need not wait.
    throw (error as { errorClass?: string }).errorClass === 'AUTH' ? new NotInPlan() : error
  }
}

/** Mailchimp schedules campaigns in paid plans only. */
class NotInPlan extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'NOT_IN_PLAN'
  constructor() {
    super('The account’s plan at Mailchimp does not allow scheduling')
  }
}

/** The time the campaign was to be sent at has passed before Mailchimp could be told. */
class TimePassed extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'SCHEDULE_TIME_PASSED'
  constructor() {
    super('The time it was to be sent at has passed before Mailchimp could be told')
  }
}

/** Deletes what was created for this, if it never was complete, carries our id, and is still a draft. */
async function rollBack({ run, campaign, remote }: Task): Promise<void> {
  if (campaign.syncedAt || idInTitle(remote.title) !== campaign.id) return
  const now = await run.mailchimp.campaign(remote.id, run.call)
  if (now && now.status !== 'save') return
  await run.mailchimp.deleteCampaign(remote.id, run.call)
  await run.context.transaction((em) => unlinkTwin(em, campaign))
}
