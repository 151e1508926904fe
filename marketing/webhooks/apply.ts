import type { Em } from '../../entities/index.ts'
import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { Cause } from './cause.ts'
import { applyHubspot } from './hubspot.ts'
import { applyMailchimp } from './mailchimp.ts'
import { applyMandrill } from './mandrill.ts'
import type { ReceiptRow } from './receipts.ts'
import { jsonOf } from './split.ts'
import { applyTwenty } from './twenty.ts'
import { applyWhatsapp } from './whatsapp.ts'

type Apply = (em: Em, body: string, cause: Cause) => Promise<boolean>

const json =
  (apply: (em: Em, body: unknown, cause: Cause) => Promise<boolean>): Apply =>
  (em, body, cause) =>
    apply(em, jsonOf(body), cause)

const appliers: Record<WebhookVendor, Apply> = {
  mailchimp: applyMailchimp,
  mandrill: json(applyMandrill),
  whatsapp: json(applyWhatsapp),
  hubspot: json(applyHubspot),
  twenty: json(applyTwenty),
}

/**
 * Applies the effects of one receipt in the caller's transaction.
 * @returns whether anything in it concerned us
 * @throws NotKnownYet when it is about something that may yet become known
 */
export function applyReceipt(em: Em, { vendor, body }: ReceiptRow, cause: Cause): Promise<boolean> {
  return appliers[vendor](em, body, cause)
}
