import type { FactMetric } from './fact.ts'

/** What every metric and rate of statistics counts. The API's descriptions and the docs' tables are made of these texts. */

export const metricDefinitions: Record<FactMetric, string> = {
  CREATED: 'Leads that were created.',
  SYNCED: 'Leads that were written to a CRM or to Mailchimp’s audience.',
  SENT: 'Messages that a vendor took and sent on, those that bounced later among them.',
  DELIVERED: 'Messages that arrived. Of a campaign: those sent less those that bounced.',
  OPENED:
    'Opens, each time a message was opened. WhatsApp tells only the first. Machines’ opens are counted apart where they show; the totals Mailchimp reports for a campaign do not tell machines from people.',
  UNIQUE_OPENED:
    'Messages that a person opened, once each, at the open that was reported first. Who clicked has opened too. Of a campaign: the people Mailchimp reports, machines among them.',
  CLICKED:
    'Clicks on links, each time. Machines’ clicks are counted apart where they show; the totals Mailchimp reports for a campaign do not tell machines from people.',
  UNIQUE_CLICKED:
    'Messages in which a person clicked, once each, at the click that was reported first. Of a campaign: the people Mailchimp reports.',
  REPLIED: 'Messages that leads wrote to us over WhatsApp.',
  BOUNCED: 'E-mails that came back, for good or for now.',
  COMPLAINED: 'E-mails that were reported as spam.',
  UNSUBSCRIBED: 'Times somebody unsubscribed from e-mails, or a lead wrote STOP over WhatsApp.',
  FAILED: 'Messages that the vendor refused or could not deliver, bounces not among them.',
  SKIPPED: 'Messages that were not sent, because consent, a suppression or the policy forbade it.',
}

export const statRates = [
  'DELIVERY',
  'OPEN',
  'CLICK',
  'CLICK_TO_OPEN',
  'BOUNCE',
  'COMPLAINT',
  'UNSUBSCRIBE',
  'REPLY',
] as const
export type StatRate = (typeof statRates)[number]

/** A rate is one count of people divided by another; where that is 0, there is no rate. */
export const rateDefinitions: Record<StatRate, { of: FactMetric; per: FactMetric; text: string }> = {
  DELIVERY: { of: 'DELIVERED', per: 'SENT', text: 'How much of what was sent arrived.' },
  OPEN: { of: 'UNIQUE_OPENED', per: 'DELIVERED', text: 'How many delivered messages a person opened.' },
  CLICK: { of: 'UNIQUE_CLICKED', per: 'DELIVERED', text: 'In how many delivered messages a person clicked.' },
  CLICK_TO_OPEN: {
    of: 'UNIQUE_CLICKED',
    per: 'UNIQUE_OPENED',
    text: 'In how many opened messages a person clicked.',
  },
  BOUNCE: { of: 'BOUNCED', per: 'SENT', text: 'How much of what was sent came back.' },
  COMPLAINT: {
    of: 'COMPLAINED',
    per: 'DELIVERED',
    text: 'How many delivered messages were reported as spam.',
  },
  UNSUBSCRIBE: {
    of: 'UNSUBSCRIBED',
    per: 'DELIVERED',
    text: 'How often somebody unsubscribed, per delivered message.',
  },
  REPLY: {
    of: 'REPLIED',
    per: 'DELIVERED',
    text: 'How many messages leads wrote to us, per delivered message.',
  },
}

/** The steps of the funnel, in order. */
export const funnelSteps = [
  'CREATED',
  'SENT',
  'DELIVERED',
  'UNIQUE_OPENED',
  'UNIQUE_CLICKED',
  'REPLIED',
] as const satisfies readonly FactMetric[]
