import type { Em } from '../../entities/index.ts'
import type { Channel } from '../../entities/message.ts'
import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { Statement } from '../suppression.ts'

/** What every effect of a webhook is written with. */
export interface Cause {
  workspaceId: string
  vendor: WebhookVendor
  jobId: string
  correlationId: string
  /** Whether what is not known yet may be waited for: another attempt follows. */
  mayWait: boolean
  /** Told of something that happened to a campaign at Mailchimp; whether anything follows from it. */
  onCampaignEvent(em: Em, mailchimpId: string): Promise<boolean>
  /** Lets the workspace's WhatsApp templates be read anew: there is one that we do not know. */
  syncTemplates(em: Em): Promise<void>
}

/** What a vendor reports that was said about an address. */
export function statementOf(
  { workspaceId, correlationId, jobId, vendor: source }: Cause,
  channel: Channel,
  address: string,
  at: Date,
): Statement {
  return { workspaceId, correlationId, jobId, source, channel, address, at }
}

/** The event is about something we do not know yet: our own record, or an earlier event, is still on its way. */
export class NotKnownYet extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'NOT_KNOWN_YET'
  constructor() {
    super('What the webhook is about is not known here yet')
  }
}
