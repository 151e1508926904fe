import { z } from 'zod'
import type { Vendor } from '../integrations/errors.ts'
import { parseRates } from '../integrations/limits.ts'
import { count, crmFields, mergeFields, optionalSecret, secrets, url } from './setting.ts'

const rates = (fallback: string, what: string) =>
  z
    .string()
    .refine((text) => parseRates(text) !== undefined, {
      error: 'expected rates such as 10/1s, 100/10s (units ms, s, m, h)',
    })
    .default(fallback)
    .describe(`${what}, as requests per span, e.g. \`10/1s, 100/10s\`; empty: no limit`)

const connections = (fallback: number) =>
  count(fallback, 0, 1_000).describe('Most requests under way at once, over all processes; 0: no limit')

/**
 * The vendor accounts of the default workspace. Other workspaces bring their own (`connectIntegration`). Each may be left
 * out: its steps are then skipped (`NOT_CONNECTED`).
 */
export const vendorSettings = {
  MAILCHIMP_BASE_URL: z
    .union([z.literal(''), url('http', 'https')])
    .default('')
    .describe('e.g. https://us19.api.mailchimp.com/3.0; empty, like key and audience: no Mailchimp'),
  MAILCHIMP_API_KEY: optionalSecret().describe('Key of the Mailchimp account').meta({ secret: true }),
  MAILCHIMP_LIST_ID: z.string().default('').describe('Audience that leads are added to'),
  MAILCHIMP_MERGE_FIELDS: mergeFields(),
  MAILCHIMP_SETTLE_SECONDS: count(120, 0, 3_600).describe(
    'Wait before a campaign whose creation Mailchimp did not answer, and which is not found there, is created again',
  ),
  MAILCHIMP_WEBHOOK_SECRETS: secrets('Signing secrets of the audience’s webhooks, separated by commas'),
  MAILCHIMP_CONNECTIONS: connections(10),
  MAILCHIMP_REQUESTS: rates('', 'Requests Mailchimp allows'),

  EMAIL_VENDOR: z
    .enum(['mandrill', 'smtp'])
    .default('mandrill')
    .describe('Who sends single e-mails: Mandrill, or a mail server'),
  MANDRILL_BASE_URL: url('http', 'https')
    .default('https://mandrillapp.com/api/1.0')
    .describe('Mailchimp Transactional API'),
  MANDRILL_API_KEY: optionalSecret()
    .describe('Key of the Mandrill account; empty, like the sender: no e-mail by Mandrill')
    .meta({ secret: true }),
  MANDRILL_FROM_EMAIL: z
    .union([z.literal(''), z.email()])
    .default('')
    .describe('Sender of the welcome e-mail, by Mandrill or SMTP; its domain must be verified at Mandrill'),
  MANDRILL_FROM_NAME: z.string().default('').describe('Name shown as the sender'),
  MANDRILL_WELCOME_TEMPLATE: z.string().default('welcome').describe('Name of the welcome template'),
  MANDRILL_WEBHOOK_KEYS: secrets(
    'Keys that sign Mandrill’s webhooks, separated by commas (several during a rotation)',
  ),
  MANDRILL_SEARCH_AFTER_SECONDS: count(60, 0, 3_600).describe(
    'Wait before asking Mandrill whether a message whose answer was lost was sent',
  ),
  MANDRILL_REQUESTS: rates('', 'Requests Mandrill allows'),
  SMTP_URL: z
    .union([z.literal(''), url('smtp', 'smtps')])
    .default('')
    .describe('Mail server, e.g. smtps://user:password@host:465; required if EMAIL_VENDOR is smtp')
    .meta({ secret: true }),
  EMAIL_TEMPLATES: z.string().default('').describe('Folder of the templates that are sent by SMTP'),

  WHATSAPP_BASE_URL: url('http', 'https')
    .default('https://graph.facebook.com/v25.0')
    .describe('WhatsApp Cloud API with its version'),
  WHATSAPP_TOKEN: optionalSecret()
    .describe('System user token; empty, like the number: no WhatsApp')
    .meta({ secret: true }),
  WHATSAPP_PHONE_NUMBER_ID: z
    .string()
    .default('')
    .describe('Id of the sending phone number (not the number)'),
  WHATSAPP_WABA_ID: z
    .string()
    .default('')
    .describe('Id of the WhatsApp Business Account; needed to read its templates'),
  WHATSAPP_WELCOME_TEMPLATE: z
    .string()
    .default('welcome_lead')
    .describe('Name of the approved welcome template'),
  WHATSAPP_WELCOME_LANGUAGES: z
    .string()
    .default('en')
    .describe('Languages the template is approved in, separated by commas; the first is the fallback'),
  WHATSAPP_APP_SECRETS: secrets('App secrets that sign WhatsApp’s webhooks, separated by commas'),
  WHATSAPP_VERIFY_TOKEN: z
    .string()
    .default('')
    .describe('Token Meta sends when the webhook is set up')
    .meta({ secret: true }),
  WHATSAPP_REQUESTS: rates('80/1s', 'Messages the number may send'),

  CRM_VENDOR: z.enum(['hubspot', 'twenty']).default('hubspot').describe('Which CRM leads are kept in'),
  CRM_FIELDS: crmFields(),
  HUBSPOT_BASE_URL: url('http', 'https').default('https://api.hubapi.com').describe('HubSpot API'),
  HUBSPOT_TOKEN: optionalSecret()
    .describe('Service key; empty, with no OAuth app: no HubSpot')
    .meta({ secret: true }),
  HUBSPOT_CLIENT_ID: z.string().default('').describe('OAuth app: client id'),
  HUBSPOT_CLIENT_SECRET: secrets('OAuth app: client secret; it also signs HubSpot’s webhooks'),
  HUBSPOT_PORTAL_ID: z
    .string()
    .regex(/^\d{0,20}$/)
    .default('')
    .describe('Id of the HubSpot account; without it none of HubSpot’s webhooks is applied'),
  HUBSPOT_REFRESH_TOKEN: optionalSecret()
    .describe('OAuth app: refresh token of the account')
    .meta({ secret: true }),
  HUBSPOT_API_VERSION: z
    .string()
    .regex(/^\d{4}-\d{2}$/)
    .default('2026-09')
    .describe('Date-versioned API release'),
  HUBSPOT_REQUESTS: rates('100/10s', 'Requests the HubSpot plan allows'),
  TWENTY_BASE_URL: z
    .union([z.literal(''), url('http', 'https')])
    .default('')
    .describe('Twenty’s server, e.g. https://crm.example.com; required if CRM_VENDOR is twenty'),
  TWENTY_API_KEY: optionalSecret()
    .describe('Key of the Twenty workspace; required if CRM_VENDOR is twenty')
    .meta({ secret: true }),
  TWENTY_WORKSPACE_ID: z
    .string()
    .default('')
    .describe('Id of the Twenty workspace; webhooks that name another one are not applied'),
  TWENTY_WEBHOOK_SECRETS: secrets('Secrets that sign Twenty’s webhooks, separated by commas'),
  TWENTY_REQUESTS: rates('100/1m', 'Requests Twenty allows'),
} as const

type Values = { [Name in keyof typeof vendorSettings]: z.infer<(typeof vendorSettings)[Name]> }

/** What an account takes. It is used when any of these is set, or when it was chosen by name. */
const accounts: Record<Vendor, readonly (keyof Values)[]> = {
  mailchimp: ['MAILCHIMP_BASE_URL', 'MAILCHIMP_API_KEY', 'MAILCHIMP_LIST_ID'],
  mandrill: ['MANDRILL_API_KEY', 'MANDRILL_FROM_EMAIL'],
  smtp: ['SMTP_URL', 'EMAIL_TEMPLATES', 'MANDRILL_FROM_EMAIL'],
  whatsapp: ['WHATSAPP_TOKEN', 'WHATSAPP_PHONE_NUMBER_ID'],
  hubspot: ['HUBSPOT_TOKEN'],
  twenty: ['TWENTY_BASE_URL', 'TWENTY_API_KEY'],
}
const oauthApp = ['HUBSPOT_CLIENT_ID', 'HUBSPOT_CLIENT_SECRET', 'HUBSPOT_REFRESH_TOKEN'] as const

/** The vendors whose accounts the settings hold. */
export function configuredVendors(values: Values): Vendor[] {
  const chosen: Vendor[] = ['mailchimp', values.EMAIL_VENDOR, 'whatsapp', values.CRM_VENDOR]
  return chosen.filter((vendor) => isChosen(vendor) || takesOf(vendor, values).some((name) => values[name]))
}

/** These are not the default, so whoever names them means to use them. */
const isChosen = (vendor: Vendor) => vendor === 'smtp' || vendor === 'twenty'

/** An OAuth app takes the place of HubSpot's service key. Its secret alone proves webhooks. */
function takesOf(vendor: Vendor, values: Values): readonly (keyof Values)[] {
  const byOauth = vendor === 'hubspot' && !values.HUBSPOT_TOKEN
  return byOauth && (values.HUBSPOT_CLIENT_ID || values.HUBSPOT_REFRESH_TOKEN) ? oauthApp : accounts[vendor]
}

/** Settings that are not there of accounts that are set in part. */
export function missingCredentials(values: Values): { name: keyof Values; message: string }[] {
  return configuredVendors(values).flatMap((vendor) =>
    takesOf(vendor, values)
      .filter((name) => !values[name])
      .map((name) => ({ name, message: `expected a value, as ${vendor} is used` })),
  )
}
