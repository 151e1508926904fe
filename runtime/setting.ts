import { z } from 'zod'
import { CRM_MAPPING_FORM, parseCrmMapping } from '../integrations/crm.ts'
import { MAPPING_FORM, parseMergeMapping } from '../integrations/mailchimp/merge-mapping.ts'

/** Kinds of settings. */

export const url = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join('|')})$`),
    error: `expected a URL starting with ${protocols.join(':// or ')}://`,
  })

export const count = (fallback: number, min = 1, max = 1_000_000) =>
  z.coerce.number().int().min(min).max(max).default(fallback)

const secret = () => z.string().min(8)

/** A secret that may be left out. */
export const optionalSecret = () => z.union([z.literal(''), secret()]).default('')

/** Secrets of which several are accepted, so that one can be replaced without a gap. */
export const secrets = (what: string) => z.string().default('').describe(what).meta({ secret: true })

/** Which fields of a lead go into which merge fields of a Mailchimp audience. */
export const mergeFields = () =>
  z
    .string()
    .max(2_000)
    .refine((text) => parseMergeMapping(text) !== undefined, { error: MAPPING_FORM })
    .default('')
    .describe(
      'Fields of a lead and the merge fields they go into, e.g. `company=COMPANY, customFields.plan=PLAN`; empty: only the names, to FNAME and LNAME',
    )

/** Which further fields of a lead go into which properties of a CRM. */
export const crmFields = () =>
  z
    .string()
    .max(2_000)
    .refine((text) => parseCrmMapping(text) !== undefined, { error: CRM_MAPPING_FORM })
    .default('')
    .describe(
      'Further fields of a lead and the properties of the CRM they go into, e.g. `emailConsent=newsletter_consent, tags=tags`; empty: names, phone, and for HubSpot company and stage',
    )

/** `id:key` of 32 bytes in base64, separated by commas. */
export const encryptionKeys = () =>
  z
    .string()
    .regex(/^$|^[a-z0-9-]{1,16}:[A-Za-z0-9+/]{43}=(,[a-z0-9-]{1,16}:[A-Za-z0-9+/]{43}=)*$/, {
      error: 'expected id:key, the key being 32 bytes in base64, separated by commas',
    })
    .default('')
    .describe(
      'Keys that encrypt the vendor credentials of workspaces, as `id:key` (32 bytes in base64), separated by commas; the first encrypts, all decrypt',
    )
