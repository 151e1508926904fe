/** Whether a campaign can be sent, and what is missing (integrations.md 3.4). */
import type { Audience } from './mailchimp.audiences.ts'
import { type Campaign, countRecipients } from './mailchimp.campaign.ts'
import { refuse } from './mailchimp.problems.ts'

type Item = { type: 'success' | 'warning' | 'error'; id: number; heading: string; details: string }

/** The list of GET send-checklist: `is_ready` when no item is an error. */
export function checklistOf(audience: Audience | undefined, campaign: Campaign) {
  const { subject_line = '', from_name = '', reply_to = '', preview_text = '' } = campaign.settings
  const hasContent = (campaign.content.html || campaign.content.plain_text) !== ''
  const items: Item[] = [
    listItem(audience, campaign),
    item(503, 'Subject', subject_line !== '', 'Write a subject line.'),
    item(504, 'From', from_name !== '' && reply_to !== '', 'Name the sender and an address for answers.'),
    item(505, 'Content', hasContent, 'The email has no content.'),
    { ...item(506, 'Preview text', true, ''), ...(preview_text === '' ? noPreview : {}) },
  ]
  return { is_ready: items.every(({ type }) => type !== 'error'), items }
}

const noPreview = { type: 'warning' as const, details: 'There is no preview text.' }

function item(id: number, heading: string, isGood: boolean, complaint: string): Item {
  return { type: isGood ? 'success' : 'error', id, heading, details: isGood ? 'Done.' : complaint }
}

/** Mailchimp counts the recipients some time after the campaign was made or its audience changed. */
function listItem(audience: Audience | undefined, campaign: Campaign): Item {
  if (!audience) return item(501, 'List', false, 'Choose an audience.')
  if (Date.now() < campaign.countedAt) {
    return item(502, 'List', false, 'The recipients are not ready: they are still being counted.')
  }
  const count = countRecipients(audience, campaign)
  if (count === 0) return item(502, 'List', false, 'There is nobody to send to in this audience.')
  return { ...item(502, 'List', true, ''), details: `${count} contacts in ${audience.about.name}` }
}

/** Throws 400 "Your Campaign is not ready to send" with what is missing. */
export function refuseUnready(audience: Audience | undefined, campaign: Campaign): void {
  const errors = checklistOf(audience, campaign).items.filter(({ type }) => type === 'error')
  if (errors.length === 0) return
  const details = errors.map((each) => each.details).join(' ')
  refuse('Bad Request', `Your Campaign is not ready to send: ${details}`)
}
