import type { Em } from '../../entities/index.ts'
import type { Cause } from './cause.ts'
import { applyInbound } from './whatsapp-inbound.ts'
import { applyStatus } from './whatsapp-status.ts'
import { applyTemplateChange } from './whatsapp-template.ts'

/**
 * WhatsApp's events (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks), as split.ts keeps
 * them: what became of a message of ours, what somebody wrote, or what
 * became of a template. Whether anything follows from it. @throws NotKnownYet
 */
export async function applyWhatsapp(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const { status, message, change } = body as { status?: unknown; message?: unknown; change?: unknown }
  if (status) return applyStatus(em, body, cause)
  if (change) return applyTemplateChange(em, body, cause)
  return message ? applyInbound(em, body, cause) : false
}
