import type { InputIssue } from '../ledger/errors.ts'
import type { CampaignFields } from '../marketing/campaigns/changes.ts'
import { nameInTitle } from '../marketing/campaigns/title.ts'
import { normaliseEmail } from '../marketing/identity.ts'
import type { InputFields } from '../schema/builder.ts'

/** What a caller says about a campaign, checked and brought into the form it is stored in. */

type Text = string | null | undefined
export type CampaignInput = { [K in keyof CampaignFields]?: Text }

/** Declares the fields of a campaign in an input type, beside its name. */
export const campaignInputFields = (t: InputFields) => ({
  subject: t.string(),
  previewText: t.string({ description: 'What mail programs show beside the subject.' }),
  fromName: t.string(),
  replyTo: t.string({
    description: 'E-mail address that sends and gets the answers; verified at Mailchimp.',
  }),
  html: t.string(),
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
  html: 1_000_000,
} as const

/** Checks what the caller named; null clears a value. @returns the fields, or everything that is wrong with them */
export function readCampaign(input: CampaignInput): Partial<CampaignFields> | InputIssue[] {
  const issues: InputIssue[] = []
  const fields: Record<string, string | null> = {}
  for (const [path, max] of Object.entries(lengths)) {
    const value = input[path as keyof typeof lengths]
    if (value === undefined) continue
    const text = (path === 'name' ? nameInTitle(value ?? '') : (value ?? '')).trim()
    if (text.length > max) issues.push({ path, message: `is longer than ${max} characters` })
    fields[path] = text || null
  }
  if (input.replyTo !== undefined) fields.replyTo = readAddress(input.replyTo, issues)
  if (fields.name === null) issues.push({ path: 'name', message: 'must not be empty' })
  if (fields.audienceId && !/^[\w-]+$/.test(fields.audienceId))
    issues.push({ path: 'audienceId', message: 'is not an id of Mailchimp' })
  return issues.length > 0 ? issues : (fields as Partial<CampaignFields>)
}

function readAddress(value: Text, issues: InputIssue[]): string | null {
  if (!value?.trim()) return null
  const address = normaliseEmail(value)
  if (address.ok) return address.value
  issues.push({ path: 'replyTo', message: address.message })
  return null
}
