/** Sending a campaign: it takes its time, some mailboxes bounce, then there is a report. */

import { nowInSeconds } from './mailchimp.answers.ts'
import type { Audiences } from './mailchimp.audiences.ts'
import { type Campaign, recipientsOf, turnTo } from './mailchimp.campaign.ts'
import { campaignHappening, type Happening } from './mailchimp.happenings.ts'
import type { Member } from './mailchimp.members.ts'
import { newReport, react } from './mailchimp.reports.ts'
import type { Surroundings } from './mailchimp.webhooks.ts'

/** A campaign that reached its audience, or a test mail. */
export type Sent = {
  kind: 'campaign' | 'test'
  id: string
  title: string
  to: string
  emails: number
  at: string
}
type Outlets = { tell: (happening: Happening) => void; sent: Sent[] }

/** Longer waits would overflow a timer, so they are made in steps. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000

export function createDelivery(around: Surroundings, audiences: Audiences, { tell, sent }: Outlets) {
  const { courier, settings } = around

  function tellEnd(campaign: Campaign): void {
    const { id, listId, status } = campaign
    tell(campaignHappening(listId, { id, subject: campaign.settings.subject_line ?? '', status }))
  }

  function record(
    kind: Sent['kind'],
    { id, settings: { title = '' } }: Campaign,
    to: string,
    emails: number,
  ): void {
    sent.push({ kind, id, title, to, emails, at: new Date().toISOString() })
  }

  function finish(campaign: Campaign): void {
    const recipients = [...recipientsOf(audiences.find(campaign.listId), campaign)]
    campaign.emailsSent = recipients.length
    campaign.report = newReport()
    for (const member of recipients) bounce(campaign, member)
    turnTo(campaign, 'sent')
    record('campaign', campaign, campaign.listId, recipients.length)
    tellEnd(campaign)
  }

  /** `hardbounce…@bounce.example` is cleaned, `softbounce…` stays. */
  function bounce({ report, listId }: Campaign, member: Member): void {
    const kind = /^(hard|soft)bounce.*@bounce\.example$/i.exec(member.email)?.[1]?.toLowerCase()
    if (!report || !kind) return
    if (kind === 'soft') report.softBounces += 1
    if (kind === 'hard') {
      report.hardBounces += 1
      audiences.change(listId, member.id, 'admin', () =>
        Object.assign(member, { status: 'cleaned', changedAt: nowInSeconds() }),
      )
    }
    react(report, { action: 'bounce', email: member.email, count: 1 })
  }

  function send(campaign: Campaign): void {
    campaign.sendTime = nowInSeconds()
    const turn = turnTo(campaign, 'sending')
    courier.later(settings.mailchimpSendMs, () => campaign.turn === turn && finish(campaign))
  }

  function waitFor(campaign: Campaign, at: number, turn: number): void {
    const left = at - Date.now()
    courier.later(Math.max(1, Math.min(left, LONGEST_WAIT_MS)), () => {
      if (campaign.turn !== turn) return
      if (Date.now() >= at) send(campaign)
      else waitFor(campaign, at, turn)
    })
  }

  return {
    send,
    schedule(campaign: Campaign, at: number): void {
      campaign.sendTime = at
      waitFor(campaign, at, turnTo(campaign, 'schedule'))
    },
    cancel(campaign: Campaign): void {
      const turn = turnTo(campaign, 'canceling')
      courier.later(settings.mailchimpSendMs / 4, () => {
        if (campaign.turn !== turn) return
        turnTo(campaign, 'canceled')
        tellEnd(campaign)
      })
    },
    test(campaign: Campaign, emails: string[]): void {
      for (const email of emails) record('test', campaign, email, 1)
    },
  }
}
