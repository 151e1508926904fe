import type { Role } from '../entities/api-key.ts'
import type { CampaignEventType } from '../entities/campaign-event.ts'
import type { syncStates } from '../entities/campaign-sync.ts'
import type { SyncDirection, SyncOutcome } from '../entities/campaign-sync-item.ts'
import type { Vendor } from '../entities/integration.ts'
import type { ErrorClass } from '../entities/job.ts'
import type { AttemptOutcome } from '../entities/job-attempt.ts'
import type { ConsentState, LeadStatus } from '../entities/lead.ts'
import type { LeadEventType } from '../entities/lead-event.ts'
import type { Channel, DeliveryState, MessageState } from '../entities/message.ts'

/** A sentence for each value of the enums whose values are declared by entities. */

export const leadStatusTexts: Record<LeadStatus, string> = {
  NEW: 'Came in; not welcomed yet.',
  WELCOMED: 'A welcome message was accepted for sending.',
  CUSTOMER: 'Became a customer.',
  LOST: 'Is not coming.',
}

export const consentTexts: Record<ConsentState, string> = {
  UNKNOWN: 'The person was not asked, or it is not known what they said.',
  GRANTED: 'The person agreed.',
  DENIED: 'The person said no.',
}

export const channelTexts: Record<Channel, string> = { EMAIL: 'E-mail.', WHATSAPP: 'WhatsApp.' }

export const messageStateTexts: Record<MessageState, string> = {
  CLAIMED: 'It is about to be sent, by one job.',
  ACCEPTED: 'The vendor took it.',
  REJECTED: 'The vendor refused it for good.',
  UNKNOWN: 'It was sent and the answer was lost. It is not sent again before that is resolved.',
  NOT_SENT: 'It surely did not leave. Its job tries again; `resendMessage` starts another.',
}

export const deliveryTexts: Record<DeliveryState, string> = {
  SENT: 'It left the vendor.',
  DELIVERED: 'It arrived.',
  READ: 'The person read it.',
  FAILED: 'It did not arrive.',
}

export const leadEventTexts: Record<LeadEventType, string> = {
  CREATED: 'The lead came in.',
  UPDATED: 'The lead was changed; see `changed`.',
  MAILCHIMP_SYNCED: 'It is in the Mailchimp audience.',
  CRM_SYNCED: 'It is in the CRM.',
  MESSAGE_ACCEPTED: 'The vendor took a message.',
  MESSAGE_REJECTED: 'The vendor refused a message.',
  MESSAGE_UNKNOWN: 'The answer of the vendor was lost.',
  MESSAGE_SKIPPED: 'A message was not sent; see `reason`.',
  MESSAGE_DELIVERED: 'A message arrived.',
  MESSAGE_READ: 'The person read a message.',
  MESSAGE_FAILED: 'A message did not arrive.',
  STEP_FAILED: 'A vendor does not take this person; see `reason`.',
  MESSAGE_OPENED: 'A message was opened.',
  MESSAGE_CLICKED: 'A link in a message was clicked.',
  MESSAGE_RECEIVED: 'The person wrote.',
  UNSUBSCRIBED: 'The person said that they want no more.',
  RESUBSCRIBED: 'The person wants messages again.',
  BOUNCED: 'The address does not exist.',
  COMPLAINED: 'The person reported spam.',
  SUPPRESSED: 'Nothing is sent to the address any more.',
  UNSUPPRESSED: 'The address may be written to again.',
  CONFIRMED: 'The person confirmed the subscription.',
  EMAIL_CHANGED: 'A vendor reported a new e-mail address.',
  EMAIL_CONFLICT: 'A vendor reported an address that another lead has.',
  PHONE_CHANGED: 'A vendor reported a new phone number.',
  PHONE_CONFLICT:
    'A vendor reported a phone number by which alone another lead is known, as this one would be.',
  ERASED: 'The person was erased.',
}

export const campaignEventTexts: Record<CampaignEventType, string> = {
  CREATED: 'It was made.',
  UPDATED: 'It was edited here.',
  STATE_CHANGED: 'It has another state.',
  PUSHED: 'Fields were sent to Mailchimp.',
  PULLED: 'Fields were taken over from Mailchimp.',
  CONFLICT: 'A field was changed on both sides.',
  SYNC_FAILED: 'It could not be brought in step.',
  REPORT_UPDATED: 'Mailchimp’s totals have grown.',
}

export const errorClassTexts: Record<ErrorClass, string> = {
  TRANSIENT: 'It may succeed when tried again.',
  THROTTLED: 'A limit of the vendor is reached; it comes again without using an attempt.',
  PERMANENT: 'It fails in the same way each time.',
  AUTH: 'The vendor refuses the account’s credentials.',
  UNKNOWN: 'The request was sent and the answer was lost.',
  TIMEOUT: 'It took longer than the job may take.',
  STALLED: 'Its worker was lost.',
  CANCELLED: 'It was cancelled.',
}

export const attemptTexts: Record<AttemptOutcome, string> = {
  RUNNING: 'It runs.',
  COMPLETED: 'The job was done.',
  FAILED: 'It failed.',
  POSTPONED: 'It was put off and used no attempt.',
}

export const syncStateTexts: Record<(typeof syncStates)[number], string> = {
  RUNNING: 'It runs.',
  COMPLETED: 'It went through all campaigns.',
  FAILED: 'It ended before it was through.',
  CANCELLED: 'It was cancelled.',
}

export const syncDirectionTexts: Record<SyncDirection, string> = {
  PUSH: 'From here to Mailchimp.',
  PULL: 'From Mailchimp to here.',
}

export const syncOutcomeTexts: Record<SyncOutcome, string> = {
  CREATED: 'It is new on the other side.',
  UPDATED: 'Fields were written on one side.',
  UNCHANGED: 'Both sides were equal.',
  CONFLICTED: 'A field was changed on both sides; see `conflicts`.',
  FAILED: 'It could not be brought in step; see `reason`.',
}

export const roleTexts: Record<Role, string> = {
  VIEWER: 'Reads.',
  OPERATOR: 'Reads, starts and mends jobs, changes leads.',
  MARKETER: 'Reads, changes leads, edits and sends campaigns.',
  ADMIN: 'Does everything, keys and vendor accounts included.',
}

export const vendorTexts: Record<Vendor, string> = {
  mailchimp: 'Mailchimp: audience and campaigns.',
  mandrill: 'Mandrill (Mailchimp Transactional): e-mail.',
  smtp: 'A mail server: e-mail.',
  whatsapp: 'WhatsApp Cloud API.',
  hubspot: 'HubSpot: CRM.',
  twenty: 'Twenty: CRM.',
}
