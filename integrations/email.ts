// Sending e-mail, whoever does it: Mandrill, or any mail server by SMTP.

import type { CallContext } from './client.ts'

export interface TemplateEmail {
  /** Name of the template at the sender (Mandrill's slug, SMTP's file name). */
  template: string
  to: { email: string; name?: string | undefined }
  /** Default: the template's own. Like that it may hold handlebars. */
  subject?: string | undefined
  /** Values for the template's handlebars. */
  vars: Record<string, string>
  /** Comes back in every webhook and can be searched for: ids only. */
  metadata: Record<string, string> & { delivery_id: string }
  tags: readonly string[]
  /** Leave it to the vendor until then; only where `schedules` is true. */
  sendAt?: Date | undefined
}

export interface SentEmail {
  /** A vendor may accept a request and still reject the recipient. */
  status: 'sent' | 'queued' | 'scheduled' | 'rejected' | 'invalid'
  /** May be missing for an invalid address. */
  messageId: string | undefined
  /** hard-bounce, soft-bounce, spam, unsub, custom, invalid-sender, invalid, test-mode-limit, unsigned or rule. */
  rejectReason: string | undefined
}

export interface MetadataQuery {
  /** A metadata key that is registered as custom metadata in the account. */
  key: string
  /** At most 500; ids only. */
  values: readonly string[]
  /** Only its UTC date counts. */
  since: Date
}

export interface FoundEmail {
  messageId: string
  /** sent, bounced, rejected, … */
  state: string
}

/** One e-mail to one person. A send whose answer is lost must not be repeated. */
export interface EmailSender {
  readonly vendor: 'mandrill' | 'smtp'
  /** Whether it can hold a mail back until `sendAt`. */
  readonly schedules: boolean
  /** Reaches the vendor and is let in. @throws VendorError */
  check(context: CallContext): Promise<void>
  sendTemplate(email: TemplateEmail, context: CallContext): Promise<SentEmail>
  /**
   * Looks sent mails up, many with one search. Those not found are not in the answer. Absent where the vendor keeps no
   * record: then only a person can tell.
   */
  findByMetadata?(query: MetadataQuery, context: CallContext): Promise<Map<string, FoundEmail>>
}
