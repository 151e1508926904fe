import type { InputIssue } from '../ledger/errors.ts'
import type { CampaignFields } from '../marketing/campaigns/changes.ts'
import { nameInTitle } from '../marketing/campaigns/title.ts'
import { normaliseEmail } from '../marketing/identity.ts'
import { hasControlCharacters, readLine } from '../marketing/text.ts'
import type { InputFields } from '../schema/builder.ts'

/** What a caller says about a campaign, checked and brought into the form it is stored in. */

type Text = string | null | undefined
export type CampaignInput = { [K in keyof CampaignFields]?: Text }

/** Declares the fields of a campaign in an input type, beside its name. */
export const campaignInputFields = (t: InputFields) => ({
  subject: t.string({ description: 'The subject line.' }),
  previewText: t.string({ description: 'What mail programs show beside the subject.' }),
  fromName: t.string({ description: 'Name of the sender.' }),
  replyTo: t.string({
    description: 'E-mail address that sends and gets the answers; verified at Mailchimp.',
  }),
  html: t.string({ description: 'The content.' }),
  audienceId: t.string({
    description: 'Id of the Mailchimp audience it goes to; default: the workspace’s own.',
  }),
})

const lengths = {
  name: 200,
  subject: 150,
  previewText: 150,
  fromName: 100,
  audienceId: 32,
} as const

const maxHtml = 1_000_000

/** Checks what the caller named; null clears a value. @returns the fields, or everything that is wrong with them */
export function readCampaign(input: CampaignInput): Partial<CampaignFields> | InputIssue[] {
  const issues: InputIssue[] = []
  const fields: Record<string, string | null> = {}
  for (const [path, max] of Object.entries(lengths)) {
    const value = input[path as keyof typeof lengths]
    if (value === undefined) continue
    const { value: text, problem } = readLine(path === 'name' ? nameInTitle(value ?? '') : value, max)
    if (problem) issues.push({ path, message: problem })
    fields[path] = text
  }
  if (input.html !== undefined) fields.html = readHtml(input.html, issues)
  if (input.replyTo !== undefined) fields.replyTo = readAddress(input.replyTo, issues)
  if (fields.name === null && issues.every(({ path }) => path !== 'name'))
    issues.push({ path: 'name', message: 'must not be empty' })
  if (fields.audienceId && !/^[\w-]+$/.test(fields.audienceId))
    issues.push({ path: 'audienceId', message: 'is not an id of Mailchimp' })
  return issues.length > 0 ? issues : (fields as Partial<CampaignFields>)
}

function readHtml(value: Text, issues: InputIssue[]): string | null {
  const html = value?.trim() ?? ''
  if (html.length > maxHtml) issues.push({ path: 'html', message: `is longer than ${maxHtml} characters` })
  if (hasControlCharacters(html)) issues.push({ path: 'html', message: 'has a control character' })
  return html || null
}

function readAddress(value: Text, issues: InputIssue[]): string | null {
  if (!value?.trim()) return null
  const address = normaliseEmail(value)
  if (address.ok) return address.value
  issues.push({ path: 'replyTo', message: address.message })
  return null
}
