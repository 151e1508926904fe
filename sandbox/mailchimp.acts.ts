/** What happens to campaigns without the API: somebody works in Mailchimp's pages, somebody reads. */
import { Refusal } from './exchange.ts'
import type { Audiences } from './mailchimp.audiences.ts'
import type { CampaignChange } from './mailchimp.campaign.shapes.ts'
import type { Campaigns } from './mailchimp.campaigns.ts'
import { tagId } from './mailchimp.members.ts'
import { actOnMember, memberActs } from './mailchimp.people.ts'
import { react } from './mailchimp.reports.ts'
import { number, type Of, object, text } from './shape.ts'

type Event = Record<string, unknown>
type Outcome = string | null | { id: string }
type Act = (campaigns: Campaigns, event: Draft & Reaction) => Outcome

const settings = object(
  {},
  {
    subject_line: text(),
    preview_text: text(),
    title: text(),
    from_name: text(),
    reply_to: text(),
  },
)
const draftShape = object({}, { id: text(), list: text(), tag: text(), settings, html: text(), at: text() })
type Draft = Of<typeof draftShape>
const reactionShape = object({ campaign: text() }, { email: text(), count: number, url: text() })
type Reaction = Partial<Of<typeof reactionShape>>

const acts: Record<string, Act> = {
  'campaign-create': (campaigns, event) => {
    const { list = 'a6b5da1054', tag, settings = {}, html } = event
    const { id } = campaigns.create({ type: 'regular', recipients: recipientsOf(list, tag), settings })
    if (html !== undefined) campaigns.setContent(id, { html })
    return { id }
  },
  'campaign-edit': (campaigns, { id = '', list, tag, settings, html }) => {
    const change = {
      ...(settings ? { settings } : {}),
      ...(list ? { recipients: recipientsOf(list, tag) } : {}),
    }
    campaigns.change(id, change as Partial<CampaignChange>)
    if (html !== undefined) campaigns.setContent(id, { html })
    return { id }
  },
  'campaign-schedule': (campaigns, { id = '', at = '' }) => after(id, campaigns.schedule(id, at)),
  'campaign-unschedule': (campaigns, { id = '' }) => after(id, campaigns.unschedule(id)),
  'campaign-due': (campaigns, { id = '' }) => after(id, campaigns.due(id)),
  'campaign-send': (campaigns, { id = '' }) => after(id, campaigns.send(id)),
  'campaign-pause': (campaigns, { id = '' }) => after(id, campaigns.pause(id)),
  'campaign-cancel': (campaigns, { id = '' }) => after(id, campaigns.cancel(id)),
  'campaign-delete': (campaigns, { id = '' }) => after(id, campaigns.remove(id)),
  open: (campaigns, event) => reaction(campaigns, event, 'open'),
  click: (campaigns, event) => reaction(campaigns, event, 'click'),
}

/** An audience, or of it those who have a tag. */
function recipientsOf(list: string, tag: string | undefined) {
  return { list_id: list, ...(tag !== undefined && { segment_opts: { saved_segment_id: tagId(tag) } }) }
}

const after = (id: string, _effect: unknown): Outcome => ({ id })

function reaction(
  campaigns: Campaigns,
  { campaign = '', email, count = 1, url }: Reaction,
  action: 'open' | 'click',
): Outcome {
  const { report } = campaigns.get(campaign)
  if (!report) return `the campaign ${campaign} has not been sent`
  react(report, { action, count, ...(email ? { email } : {}), ...(url ? { url } : {}) })
  return { id: campaign }
}

/** Does what an event of the control API says; a text tells why not. */
export function actAtMailchimp(audiences: Audiences, campaigns: Campaigns, event: Event): Outcome {
  const type = String(event.type)
  try {
    if (memberActs.includes(type)) return actOnMember(audiences, event) ?? leftBy(campaigns, event)
    const act = acts[type]
    if (!act) return `type is one of ${[...memberActs, ...Object.keys(acts)].join(', ')}`
    const { type: _type, ...given } = event
    const [issue] = (type === 'open' || type === 'click' ? reactionShape : draftShape).check(given, [])
    return issue ? `${issue.path.join('.')} ${issue.message}` : act(campaigns, given)
  } catch (error) {
    if (error instanceof Refusal) return `Mailchimp refuses: ${JSON.stringify(error.reply.body)}`
    throw error
  }
}

/** Somebody who leaves by the link of a campaign is counted in its report. */
function leftBy(campaigns: Campaigns, { type, campaign, email }: Event): null {
  if (type === 'unsubscribe' && campaign !== undefined) {
    campaigns.get(String(campaign)).report?.unsubscribed.set(String(email), Date.now())
  }
  return null
}
