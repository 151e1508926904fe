import { z } from 'zod'
import type { Vendor } from '../../integrations/errors.ts'
import { crmFields, mergeFields } from '../setting.ts'

/** What an account of each vendor consists of: settings, which anyone of the workspace may see, and credentials. */

const text = (what: string) => z.string().min(1).max(300).describe(what)
const secret = (what: string) => z.string().min(8).max(2_000).describe(what)

const shapes = {
  mailchimp: {
    settings: z.strictObject({
      audienceId: text('Audience that leads are added to'),
      mergeFields: mergeFields(),
    }),
    credentials: z.strictObject({
      apiKey: secret('API key, ending in its data centre').regex(/-[a-z]{2}\d{1,3}$/, {
        error: 'expected a key that ends in its data centre, e.g. -us19',
      }),
      webhookSecrets: z.string().max(2_000).optional().describe('Signing secrets, separated by commas'),
    }),
  },
  mandrill: {
    settings: z.strictObject({ fromEmail: z.email(), fromName: z.string().max(100).default('') }),
    credentials: z.strictObject({
      apiKey: secret('API key'),
      webhookSecrets: z.string().max(2_000).optional().describe('Webhook keys, separated by commas'),
    }),
  },
  smtp: {
    settings: z.strictObject({ fromEmail: z.email(), fromName: z.string().max(100).default('') }),
    credentials: z.strictObject({
      url: z.url({ protocol: /^smtps?$/ }).describe('smtps://user:password@host'),
    }),
  },
  whatsapp: {
    settings: z.strictObject({
      phoneNumberId: text('Id of the sending number'),
      wabaId: z.string().max(40).default('').describe('Id of the WhatsApp Business Account'),
    }),
    credentials: z.strictObject({
      token: secret('System user token'),
      webhookSecrets: z.string().max(2_000).optional().describe('App secrets, separated by commas'),
      verifyToken: z.string().max(300).optional().describe('Token Meta sends when the webhook is set up'),
    }),
  },
  hubspot: {
    settings: z.strictObject({
      portalId: z
        .string()
        .regex(/^\d{0,20}$/)
        .default('')
        .describe('Id of the HubSpot account; without it none of its webhooks is applied'),
      fields: crmFields(),
    }),
    credentials: z.union([
      z.strictObject({
        token: secret('Service key'),
        webhookSecrets: z.string().max(2_000).optional().describe('Client secrets, separated by commas'),
      }),
      z.strictObject({
        clientId: text('OAuth app: client id'),
        clientSecret: secret('OAuth app: client secret'),
        refreshToken: secret('OAuth app: refresh token'),
      }),
    ]),
  },
  twenty: {
    settings: z.strictObject({
      baseUrl: z.url({ protocol: /^https$/ }).describe('Twenty’s server'),
      workspaceId: z
        .string()
        .max(40)
        .default('')
        .describe('Id of the workspace; webhooks that name another one are not applied'),
      fields: crmFields(),
    }),
    credentials: z.strictObject({
      apiKey: secret('API key'),
      webhookSecrets: z.string().max(2_000).optional().describe('Webhook secrets, separated by commas'),
    }),
  },
} as const satisfies Record<Vendor, { settings: z.ZodType; credentials: z.ZodType }>

export type Values = Record<string, string>

/** Checks what an administrator entered; answers with the problems by path, or with the values. */
export function parseAccount(
  vendor: Vendor,
  given: { settings: unknown; credentials: unknown },
): { values: { settings: Values; credentials: Values } } | { issues: { path: string; message: string }[] } {
  const result = z.object(shapes[vendor]).safeParse(given)
  if (result.success) return { values: result.data as { settings: Values; credentials: Values } }
  return {
    issues: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  }
}
