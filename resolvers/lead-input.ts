import type { ConsentSource } from '../entities/consent-event.ts'
import type { consentStates } from '../entities/lead.ts'
import type { InputIssue } from '../ledger/errors.ts'
import type { FirstConsent } from '../marketing/consent/first-consent.ts'
import {
  countryOfLocale,
  type Normalised,
  normaliseEmail,
  normaliseLocale,
  normalisePhone,
  normaliseTimeZone,
} from '../marketing/identity.ts'
import { type LeadFields, nobody } from '../marketing/lead-row.ts'
import type { NewLead } from '../marketing/leads.ts'
import { hasControlCharacters, readLine } from '../marketing/text.ts'
import type { Api } from '../schema/api.ts'
import type { InputFields } from '../schema/builder.ts'

/** What a caller says about a lead, checked and brought into the form it is stored in. */

type Text = string | null | undefined

export interface LeadInput {
  email?: Text
  phone?: Text
  country?: Text
  firstName?: Text
  lastName?: Text
  company?: Text
  locale?: Text
  timeZone?: Text
  source?: Text
  utm?: { [K in 'source' | 'medium' | 'campaign' | 'term' | 'content']?: Text } | null | undefined
  tags?: string[] | null | undefined
  customFields?: unknown
  emailConsent?: (typeof consentStates)[number] | null | undefined
  whatsappConsent?: (typeof consentStates)[number] | null | undefined
  consentAt?: Date | null | undefined
  consentSource?: ConsentSource | null | undefined
  consentWording?: Text
  campaignId?: Text
}

export type LeadInputFields = ReturnType<typeof leadInputFields>

/** Declares the fields of a lead in an input type. */
export function leadInputFields({ builder, ConsentState, ConsentSourceInput }: Api) {
  const Utm = builder.inputType('UtmParametersInput', {
    description: 'UTM parameters of the page a lead came by.',
    fields: (t) => ({
      source: t.string({ description: 'utm_source, e.g. newsletter.' }),
      medium: t.string({ description: 'utm_medium, e.g. email.' }),
      campaign: t.string({ description: 'utm_campaign.' }),
      term: t.string({ description: 'utm_term.' }),
      content: t.string({ description: 'utm_content.' }),
    }),
  })
  return (t: InputFields) => ({
    email: t.string({ description: 'The e-mail address.' }),
    phone: t.string({
      description: 'With + and country code, or a national number together with `country`.',
    }),
    country: t.string({
      description: 'ISO 3166 code for national phone numbers; default: the region of `locale`.',
    }),
    firstName: t.string({ description: 'The first name.' }),
    lastName: t.string({ description: 'The last name.' }),
    company: t.string({ description: 'The company.' }),
    locale: t.string({ description: 'BCP 47, e.g. es or es-MX.' }),
    timeZone: t.string({ description: 'IANA name, e.g. Europe/Madrid.' }),
    source: t.string({ description: 'Where the lead came from, e.g. landing-page.' }),
    utm: t.field({ description: 'UTM parameters of the page the lead came by.', type: Utm }),
    tags: t.stringList({ description: 'Tags; at most 50.' }),
    customFields: t.field({ type: 'JSON', description: 'An object of texts.' }),
    emailConsent: t.field({
      type: ConsentState,
      description: 'What the person said about e-mails; kept in `Lead.consentHistory`.',
    }),
    whatsappConsent: t.field({
      type: ConsentState,
      description: 'What the person said about WhatsApp messages; kept in `Lead.consentHistory`.',
    }),
    consentAt: t.field({
      type: 'DateTime',
      description:
        'When the person said so; default: now. A consent that is older than the one that is known changes nothing.',
    }),
    consentSource: t.field({
      type: ConsentSourceInput,
      description: 'Where the person said so; default: API.',
    }),
    consentWording: t.string({
      description: 'The text the person was shown and agreed to, or refused; up to 1000 characters.',
    }),
    campaignId: t.id({ description: 'The campaign the lead came by.' }),
  })
}

const maxTags = 50
const maxTag = 60
const maxCustomFields = 50
const lengths = { firstName: 100, lastName: 100, company: 200, source: 100 } as const

/** Reads values and collects what is wrong with them, so that a caller sees every issue at once. */
function reader() {
  const issues: InputIssue[] = []
  const note = (path: string, message: string) => {
    issues.push({ path, message })
  }
  function text(path: string, value: Text, max: number): string | null {
    const { value: line, problem } = readLine(value, max)
    if (problem) note(path, problem)
    return line
  }
  function normal(path: string, value: Text, normalise: (raw: string) => Normalised): string | null {
    if (!value?.trim()) return null
    const result = normalise(value)
    if (result.ok) return result.value
    note(path, result.message)
    return null
  }
  function tags(values: string[]): string[] {
    const unique = [...new Set(values.map((tag) => tag.trim()).filter(Boolean))]
    if (unique.length > maxTags) note('tags', `has more than ${maxTags} tags`)
    for (const { problem } of unique.map((tag) => readLine(tag, maxTag)))
      if (problem) note('tags', `has a tag that ${problem}`)
    return unique
  }
  function customFields(value: unknown): Record<string, string> {
    const entries =
      value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : undefined
    const good = entries?.every(
      ([key, field]) =>
        !readLine(key, 60).problem &&
        typeof field === 'string' &&
        field.length <= 1000 &&
        !hasControlCharacters(field),
    )
    if (good && entries!.length <= maxCustomFields)
      return Object.fromEntries(entries!) as Record<string, string>
    const expected = `an object of at most ${maxCustomFields} texts of up to 1000 characters`
    note('customFields', `is not ${expected} without control characters`)
    return {}
  }
  function utm(values: NonNullable<LeadInput['utm']>): LeadFields['utm'] {
    const read = Object.entries(values).map(([key, value]) => [key, text(`utm.${key}`, value, 200)] as const)
    return Object.fromEntries(read.filter(([, value]) => value !== null))
  }
  return { issues, text, normal, tags, customFields, utm }
}

/** A new lead as a caller describes it. */
export type NewLeadFields = Omit<NewLead, 'correlationId'>

/** Checks a new lead. @returns the lead as it is stored, or everything that is wrong with it */
export function readLead(input: LeadInput, now: Date): NewLeadFields | InputIssue[] {
  const patch = readLeadPatch(input)
  const consent = readConsentOrigin(input, now)
  if (Array.isArray(patch) || Array.isArray(consent))
    return [patch, consent].flatMap((each) => (Array.isArray(each) ? each : []))
  if (!patch.email && !patch.phone)
    return [{ path: '', message: 'needs an e-mail address or a phone number' }]
  return { ...nobody, ...patch, ...(consent && { consent }) }
}

const maxWording = 1_000
/** Clocks differ: a time that is ahead of ours by less than this is now. */
const clockSkewMs = 300_000

/**
 * Checks where a consent comes from. Without a consent it says nothing, which is a mistake of the caller.
 * @returns undefined when nothing is said of it
 */
export function readConsentOrigin(
  { consentAt, consentSource, consentWording, emailConsent, whatsappConsent }: LeadInput,
  now: Date,
): FirstConsent | InputIssue[] | undefined {
  const { issues, text } = reader()
  const wording = text('consentWording', consentWording, maxWording) ?? undefined
  if (consentAt && consentAt.getTime() > now.getTime() + clockSkewMs)
    issues.push({ path: 'consentAt', message: 'is in the future' })
  const isGiven = Boolean(consentAt || consentSource || wording)
  if (isGiven && !emailConsent && !whatsappConsent)
    issues.push({
      path: '',
      message: 'says where a consent comes from, but not which: give emailConsent or whatsappConsent',
    })
  if (issues.length > 0) return issues
  const at = consentAt && consentAt > now ? now : (consentAt ?? undefined)
  return isGiven ? { at, source: consentSource ?? 'API', wording } : undefined
}

/** Checks a change. Only what the caller named is in the result; null clears a value. */
export function readLeadPatch(input: LeadInput): Partial<LeadFields> | InputIssue[] {
  const read = reader()
  const patch: { -readonly [K in keyof LeadFields]?: LeadFields[K] } = {}
  const country = () => input.country ?? countryOfLocale(input.locale)
  if (input.email !== undefined) patch.email = read.normal('email', input.email, normaliseEmail)
  if (input.phone !== undefined)
    patch.phone = read.normal('phone', input.phone, (raw) => normalisePhone(raw, country()))
  if (input.locale !== undefined) patch.locale = read.normal('locale', input.locale, normaliseLocale)
  if (input.timeZone !== undefined)
    patch.timeZone = read.normal('timeZone', input.timeZone, normaliseTimeZone)
  for (const name of ['firstName', 'lastName', 'company', 'source'] as const)
    if (input[name] !== undefined) patch[name] = read.text(name, input[name], lengths[name])
  if (input.utm !== undefined) patch.utm = read.utm(input.utm ?? {})
  if (input.tags !== undefined) patch.tags = read.tags(input.tags ?? [])
  if (input.customFields !== undefined) patch.customFields = read.customFields(input.customFields ?? {})
  if (input.emailConsent) patch.emailConsent = input.emailConsent
  if (input.whatsappConsent) patch.whatsappConsent = input.whatsappConsent
  if (input.campaignId !== undefined) patch.campaignId = input.campaignId
  return read.issues.length > 0 ? read.issues : patch
}
