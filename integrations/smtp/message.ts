// One mail as it travels: RFC 5322 text with our ids in its headers.

import { domainToASCII } from 'node:url'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { TemplateEmail } from '../email.ts'
import type { RenderedEmail } from './templates.ts'

export interface OutgoingMail {
  /** Without the angle brackets: `<delivery_id>@<domain of the sender>`, so that a repeat can be recognised. */
  messageId: string
  envelope: { from: string; to: string; size: number }
  content: Buffer
}

interface Sender {
  fromEmail: string
  fromName: string
}

const ADDRESS = /^[^\s\p{Cc}@<>()[\]\\,;:"]+@[^\s\p{Cc}@<>()[\]\\,;:"]+$/u
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/

/** One plain address. Quoted local parts are left out: nobody has one, and they can hide a second address. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

/** Whether these metadata can be written into headers as they are. */
export function isWritable({ delivery_id, ...metadata }: TemplateEmail['metadata']): boolean {
  return TOKEN.test(delivery_id) && Object.keys(metadata).every((key) => TOKEN.test(key))
}

/** Line breaks in names, tags and values become spaces, so nothing can add a header or a recipient. */
export async function compose(
  { fromEmail, fromName }: Sender,
  { to, tags, metadata }: Pick<TemplateEmail, 'to' | 'tags' | 'metadata'>,
  { subject, html, text }: RenderedEmail,
): Promise<OutgoingMail> {
  const domain = domainToASCII(fromEmail.slice(fromEmail.lastIndexOf('@') + 1))
  const messageId = `${metadata.delivery_id}@${domain}`
  const values = Object.entries(metadata).map(([key, value]) => [`X-Metadata-${key}`, value])
  const mail = new MailComposer({
    messageId: `<${messageId}>`,
    from: { name: fromName, address: fromEmail },
    to: { name: to.name ?? '', address: to.email },
    subject,
    html,
    text,
    headers: { 'X-Tag': [...tags], ...Object.fromEntries(values) },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  const content = await mail.build()
  const { from, to: recipients } = mail.getEnvelope()
  return {
    messageId,
    envelope: { from: from || fromEmail, to: recipients[0] ?? to.email, size: content.length },
    content,
  }
}
