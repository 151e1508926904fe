// Campaigns as records: what they are, their content, how one is found again. Sending them is in sending.ts.

import { z } from 'zod'
import { type CallContext, type Caller, unlessAbsent } from '../client.ts'
import { campaignPath, timeOf, timeText, withQuery } from './paths.ts'
import type {
  CampaignSettings,
  CampaignSettingsChange,
  Mailchimp,
  RemoteCampaign,
  RemoteCampaignPage,
  RemoteSegment,
} from './verbs.ts'

/** The most Mailchimp gives at once. */
const PAGE = 1_000
/** Our clock and Mailchimp's may differ by so much: a search by title looks back a little further. */
const CLOCK_SKEW_MS = 5 * 60_000
/** Content comes back as HTML, as text and as the archive's HTML. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024

const FIELDS = [
  'id',
  'status',
  'create_time',
  'send_time',
  'recipients.list_id',
  'recipients.segment_text',
  'recipients.segment_opts',
  ...['title', 'subject_line', 'preview_text', 'from_name', 'reply_to'].map((field) => `settings.${field}`),
]

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

const SegmentAnswer = z.object({
  saved_segment_id: z.number().nullish(),
  prebuilt_segment_id: z.string().nullish(),
  conditions: z.array(z.unknown()).nullish(),
})
const RecipientsAnswer = z.object({
  list_id: text,
  segment_text: text,
  segment_opts: SegmentAnswer.nullish(),
})

const CampaignAnswer = z
  .object({
    id: z.string(),
    status: z.enum(['save', 'paused', 'schedule', 'sending', 'sent', 'canceled', 'canceling', 'archived']),
    create_time: z.string().pipe(z.coerce.date()),
    send_time: z.string().nullish(),
    recipients: RecipientsAnswer.nullish(),
    settings: z
      .object({ title: text, subject_line: text, preview_text: text, from_name: text, reply_to: text })
      .nullish(),
  })
  .transform(
    ({ id, status, create_time, send_time, recipients, settings }): RemoteCampaign => ({
      id,
      status,
      title: settings?.title ?? '',
      subject: settings?.subject_line ?? '',
      previewText: settings?.preview_text ?? '',
      fromName: settings?.from_name ?? '',
      replyTo: settings?.reply_to ?? '',
      audienceId: recipients?.list_id ?? '',
      segment: segmentOf(recipients),
      createdAt: create_time,
      sendTime: timeOf(send_time) ?? null,
    }),
  )

/** Mailchimp answers with empty options where the campaign goes to the whole audience. */
function segmentOf(recipients: z.output<typeof RecipientsAnswer> | null | undefined): RemoteSegment | null {
  const { saved_segment_id, prebuilt_segment_id, conditions } = recipients?.segment_opts ?? {}
  if (!saved_segment_id && !prebuilt_segment_id && !conditions?.length) return null
  const words = recipients?.segment_text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
  return { description: words?.trim() || null, savedSegmentId: saved_segment_id || null }
}

const PageAnswer = z.object({ campaigns: z.array(CampaignAnswer), total_items: z.number() })
const ContentAnswer = z.object({ html: text })

type CampaignVerbs = Pick<
  Mailchimp,
  | 'createCampaign'
  | 'updateCampaign'
  | 'deleteCampaign'
  | 'campaign'
  | 'campaignPage'
  | 'findCampaigns'
  | 'content'
  | 'setContent'
>

export function createCampaigns(call: Caller): CampaignVerbs {
  return {
    createCampaign: (settings, context) => createCampaign(call, settings, context),
    updateCampaign: (id, change, context) => updateCampaign(call, id, change, context),
    deleteCampaign: (id, context) => deleteCampaign(call, id, context),
    campaign: (id, context) => readCampaign(call, id, context),
    campaignPage: (page, context) => readPage(call, page, context),
    findCampaigns: (title, createdSince, context) => findCampaigns(call, title, createdSince, context),
    content: (id, context) => readContent(call, id, context),
    setContent: (id, html, context) => setContent(call, id, html, context),
  }
}

async function createCampaign(
  call: Caller,
  settings: CampaignSettings,
  context: CallContext,
): Promise<RemoteCampaign> {
  const tracking = { opens: true, html_clicks: true }
  return call(
    {
      operation: 'createCampaign',
      method: 'POST',
      path: '/campaigns',
      body: { type: 'regular', ...settingsBody(settings), tracking },
      repeatable: false,
      answer: CampaignAnswer,
    },
    context,
  )
}

async function updateCampaign(
  call: Caller,
  id: string,
  change: CampaignSettingsChange,
  context: CallContext,
): Promise<RemoteCampaign> {
  return call(
    {
      operation: 'updateCampaign',
      method: 'PATCH',
      path: campaignPath(id),
      body: settingsBody(change),
      repeatable: true,
      answer: CampaignAnswer,
    },
    context,
  )
}

/** Undefined values are left out of the JSON. A segment belongs to `recipients`, so these are sent only to change the audience. */
function settingsBody(settings: Partial<CampaignSettings>): object {
  return {
    ...(settings.audienceId !== undefined && { recipients: { list_id: settings.audienceId } }),
    settings: {
      subject_line: settings.subject,
      preview_text: settings.previewText,
      title: settings.title,
      from_name: settings.fromName,
      reply_to: settings.replyTo,
    },
  }
}

/** One that is gone needs no deleting. */
async function deleteCampaign(call: Caller, id: string, context: CallContext): Promise<void> {
  const path = campaignPath(id)
  const answer = z.unknown()
  await unlessAbsent((expects) =>
    call({ operation: 'deleteCampaign', method: 'DELETE', path, repeatable: true, answer, expects }, context),
  )
}

async function readCampaign(
  call: Caller,
  id: string,
  context: CallContext,
): Promise<RemoteCampaign | undefined> {
  const path = withQuery(campaignPath(id), { fields: FIELDS.join() })
  const answer = CampaignAnswer
  return unlessAbsent((expects) =>
    call({ operation: 'campaign', method: 'GET', path, repeatable: true, answer, expects }, context),
  )
}

async function readPage(
  call: Caller,
  { offset, count, createdSince }: Parameters<Mailchimp['campaignPage']>[0],
  context: CallContext,
): Promise<RemoteCampaignPage> {
  const path = withQuery('/campaigns', {
    fields: [...FIELDS.map((field) => `campaigns.${field}`), 'total_items'].join(),
    count,
    offset,
    sort_field: 'create_time',
    sort_dir: 'ASC',
    since_create_time: createdSince && timeText(createdSince),
  })
  const answer = PageAnswer
  const page = await call(
    { operation: 'campaignPage', method: 'GET', path, repeatable: true, answer },
    context,
  )
  return { campaigns: page.campaigns, total: page.total_items }
}

async function findCampaigns(
  call: Caller,
  title: string,
  createdSince: Date,
  context: CallContext,
): Promise<RemoteCampaign[]> {
  const since = new Date(createdSince.getTime() - CLOCK_SKEW_MS)
  const found: RemoteCampaign[] = []
  for (let offset = 0; ; offset += PAGE) {
    const { campaigns, total } = await readPage(call, { offset, count: PAGE, createdSince: since }, context)
    found.push(...campaigns.filter((campaign) => campaign.title === title))
    if (campaigns.length === 0 || offset + campaigns.length >= total) return found
  }
}

async function readContent(call: Caller, id: string, context: CallContext): Promise<{ html: string }> {
  return call(
    {
      operation: 'content',
      method: 'GET',
      path: withQuery(campaignPath(id, '/content'), { fields: 'html' }),
      repeatable: true,
      answer: ContentAnswer,
      maxAnswerBytes: MAX_CONTENT_BYTES,
    },
    context,
  )
}

async function setContent(call: Caller, id: string, html: string, context: CallContext): Promise<void> {
  await call(
    {
      operation: 'setContent',
      method: 'PUT',
      path: campaignPath(id, '/content'),
      body: { html },
      repeatable: true,
      answer: z.unknown(),
      maxAnswerBytes: MAX_CONTENT_BYTES,
    },
    context,
  )
}
