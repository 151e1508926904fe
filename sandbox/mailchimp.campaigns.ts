/**
 * Campaigns and the steps Mailchimp allows (integrations.md 3.4):
 *
 *   save, paused -> schedule -> save (unschedule)
 *   save, paused, schedule (its time has come) -> sending -> sent
 *   sending -> canceling -> canceled
 *
 * Only a campaign in save or paused can be edited.
 */
import { Refusal } from './exchange.ts'
import type { Audiences } from './mailchimp.audiences.ts'
import type { CampaignChange, CampaignOrder, ContentOrder } from './mailchimp.campaign.shapes.ts'
import {
  type Campaign,
  type CampaignStatus,
  describedCampaign,
  newCampaign,
  turnTo,
} from './mailchimp.campaign.ts'
import { checklistOf, refuseUnready } from './mailchimp.checklist.ts'
import { createDelivery, type Sent } from './mailchimp.delivery.ts'
import type { Happening } from './mailchimp.happenings.ts'
import { problem, refuse, refuseFields } from './mailchimp.problems.ts'
import type { Surroundings } from './mailchimp.webhooks.ts'

export type Campaigns = ReturnType<typeof createCampaigns>

const QUARTER_MS = 15 * 60_000
const editable: CampaignStatus[] = ['save', 'paused']

export function createCampaigns(around: Surroundings, audiences: Audiences, tell: (what: Happening) => void) {
  const { settings } = around
  const campaigns = new Map<string, Campaign>()
  const sent: Sent[] = []
  const delivery = createDelivery(around, audiences, { tell, sent })
  const audienceOf = ({ listId }: Campaign) => audiences.find(listId)

  function get(id: string): Campaign {
    const found = campaigns.get(id)
    if (!found) throw new Refusal(problem(404))
    return found
  }

  function editableOne(id: string): Campaign {
    const found = get(id)
    if (!editable.includes(found.status)) {
      refuse('Bad Request', `This campaign cannot be edited: its status is ${found.status}.`)
    }
    return found
  }

  function checkAudience(order: { recipients?: { list_id: string } }): void {
    if (!order.recipients || audiences.find(order.recipients.list_id)) return
    refuseFields([{ field: 'recipients.list_id', message: 'This list does not exist' }])
  }

  /** Another audience or segment is counted anew. */
  function retarget(campaign: Campaign, recipients: NonNullable<CampaignChange['recipients']>): void {
    const { list_id: listId, segment_opts: segment } = recipients
    const isSame = listId === campaign.listId && JSON.stringify(segment) === JSON.stringify(campaign.segment)
    if (isSame) return
    Object.assign(campaign, { listId, segment, countedAt: Date.now() + settings.mailchimpCountMs })
  }

  return {
    get,
    all: () => [...campaigns.values()],
    sent: () => sent,
    describe: (campaign: Campaign) => describedCampaign(audienceOf(campaign), campaign),
    create(order: CampaignOrder): Campaign {
      if (order.type !== 'regular' && order.type !== 'plaintext') {
        refuse('Bad Request', `This account cannot make campaigns of the type ${order.type}.`)
      }
      checkAudience(order)
      const campaign = newCampaign(campaigns.size + 1, order, Date.now() + settings.mailchimpCountMs)
      campaigns.set(campaign.id, campaign)
      return campaign
    },
    change(id: string, order: Partial<CampaignChange>): Campaign {
      const campaign = editableOne(id)
      checkAudience(order)
      Object.assign(campaign.settings, order.settings)
      Object.assign(campaign.tracking, order.tracking)
      if (order.recipients) retarget(campaign, order.recipients)
      return campaign
    },
    remove(id: string): void {
      const campaign = get(id)
      if (campaign.status === 'sending' || campaign.status === 'canceling') {
        throw new Refusal(
          problem(405, 'Method Not Allowed', 'A campaign that is being sent cannot be deleted.'),
        )
      }
      campaign.turn += 1
      campaigns.delete(id)
    },
    setContent(id: string, order: ContentOrder): Campaign {
      const campaign = editableOne(id)
      campaign.content = contentOf(campaign, order)
      return campaign
    },
    checklist(id: string) {
      const campaign = get(id)
      return checklistOf(audienceOf(campaign), campaign)
    },
    test(id: string, emails: string[]): void {
      const campaign = editableOne(id)
      const { html, plain_text } = campaign.content
      if ((html || plain_text) === '') refuse('Bad Request', 'A test needs content.')
      delivery.test(campaign, emails)
    },
    schedule(id: string, time: string): void {
      const campaign = get(id)
      refusePlan(settings.mailchimpPaidPlan)
      refuseUnless(campaign, 'schedule', editable)
      checkQuarter(time)
      refuseUnready(audienceOf(campaign), campaign)
      delivery.schedule(campaign, Date.parse(time))
    },
    unschedule(id: string): void {
      const campaign = get(id)
      refuseUnless(campaign, 'unschedule', ['schedule'])
      turnTo(campaign, 'save')
      campaign.sendTime = null
    },
    send(id: string): void {
      const campaign = get(id)
      refuseUnless(campaign, 'send', editable)
      refuseUnready(audienceOf(campaign), campaign)
      delivery.send(campaign)
    },
    cancel(id: string): void {
      const campaign = get(id)
      refusePlan(settings.mailchimpPaidPlan)
      refuseUnless(campaign, 'cancel-send', ['sending'])
      delivery.cancel(campaign)
    },
    /** Only for campaigns that repeat by themselves, which the sandbox has none of. */
    pauseOrResume(id: string): never {
      const { type } = get(id)
      return refuse('Invalid Action', `Only RSS campaigns can be paused and resumed, this one is ${type}.`)
    },
    /** In Mailchimp's pages a scheduled campaign can be paused; it becomes a draft again. */
    pause(id: string): void {
      const campaign = get(id)
      refuseUnless(campaign, 'pause', ['schedule', 'sending'])
      turnTo(campaign, 'paused')
    },
    /** The time of a scheduled campaign has come. */
    due(id: string): void {
      refuseUnless(get(id), 'send', ['schedule'])
      delivery.send(get(id))
    },
  }
}

function refuseUnless(campaign: Campaign, action: string, allowed: CampaignStatus[]): void {
  if (allowed.includes(campaign.status)) return
  refuse(
    'Invalid Action',
    `The action ${action} is not possible: the campaign's status is ${campaign.status}.`,
  )
}

function refusePlan(isPaid: boolean): void {
  if (isPaid) return
  throw new Refusal(problem(403, 'Forbidden', 'Your plan does not include this feature.'))
}

function checkQuarter(time: string): void {
  const at = Date.parse(time)
  const wrong = (message: string) => refuseFields([{ field: 'schedule_time', message }])
  if (!/(Z|[+-]00:?00)$/.test(time)) wrong('The time must be in UTC')
  if (at % QUARTER_MS !== 0) wrong('Campaigns can be scheduled on the quarter-hour only: :00, :15, :30, :45')
  if (at <= Date.now()) wrong('The time must be in the future')
}

function contentOf(campaign: Campaign, order: ContentOrder): Campaign['content'] {
  const { html = '', plain_text, url, template, archive } = order
  const others = [url, template, archive].filter((each) => each !== undefined).length
  const texts = order.html !== undefined || plain_text !== undefined ? 1 : 0
  if (others + texts !== 1) {
    refuse('Invalid Resource', 'The content is html or plain text, or one of url, template and archive.')
  }
  if (html !== '' && campaign.type === 'plaintext')
    refuse('Invalid Resource', 'A plaintext campaign has no html.')
  if (texts === 1) return { html, plain_text: plain_text ?? html.replace(/<[^>]*>/g, ''), type: 'html' }
  const made = `<p>${url ?? (template ? `template ${template.id}` : 'archive')}</p>`
  return { html: made, plain_text: made.replace(/<[^>]*>/g, ''), type: url ? 'url' : 'template' }
}
