// What a mail server's replies and a lost connection mean. RFC 5321 (replies), RFC 3463 (codes such as 5.1.1).

import type { NodemailerError } from 'nodemailer'
import { VendorError } from '../errors.ts'
import { isTimeout, lostAnswer } from '../http.ts'
import { classify, type ErrorRule, range } from '../rules.ts'

const notLetIn = {
  errorClass: 'AUTH',
  meaning: 'the mail server does not let us in: check user, password and how they may be used',
} as const

/** `detail` is the command, a colon and the reply: `RCPT TO: 550 5.1.1 No such user`. */
export const SMTP_RULES: readonly ErrorRule[] = [
  { status: [530, 534, 535, 538], ...notLetIn },
  { detail: /^AUTH[^:]*: 5/, ...notLetIn },
  {
    detail: /^CONN: 5/,
    errorClass: 'AUTH',
    meaning: 'the mail server takes nothing from our address',
    quote: true,
  },
  {
    detail: /: 4.*(throttl|sending rate|rate limit)/is,
    errorClass: 'THROTTLED',
    meaning: 'too many mails at once',
    retryAfterMs: 60_000,
  },
  {
    detail: /^RCPT TO: 4(?!21)/,
    errorClass: 'TRANSIENT',
    meaning: 'the mail server does not take mail for this person now (greylisting, full mailbox)',
    retryAfterMs: 300_000,
    throttleScope: 'recipient',
  },
  { status: range(400, 499), errorClass: 'TRANSIENT', meaning: 'the mail server wants it later' },
  // STARTTLS refused: nothing was sent, and it may be a fault that passes.
  { detail: /^STARTTLS/, errorClass: 'TRANSIENT', meaning: 'the mail server does not encrypt' },
  { detail: /^(MAIL FROM|DATA): 552/, errorClass: 'PERMANENT', meaning: 'the mail is too large' },
  {
    detail: /^RCPT TO: 5.*relay/is,
    errorClass: 'AUTH',
    meaning: 'the mail server relays nothing for this account',
    quote: true,
  },
  {
    // Many servers hold what they have against the sender back until the recipient is named.
    detail: /^MAIL FROM: 5|: 5\d\d[ -]5\.1\.[78]\b|: 5.*sender address rejected/is,
    errorClass: 'AUTH',
    meaning: 'the mail server does not let this account send as this sender',
    quote: true,
  },
  {
    detail: /^(RCPT TO|DATA): 5\d\d[ -]5\.[12]\./,
    errorClass: 'PERMANENT',
    meaning: 'the mailbox does not exist or takes nothing',
    recipientRefused: true,
  },
  {
    detail: /^RCPT TO: 5.*(spam|block|blacklist|policy|reputation|spf|dkim|dmarc)/is,
    errorClass: 'PERMANENT',
    meaning: 'refused by a policy, not for want of a mailbox',
    quote: true,
  },
  {
    detail: /^RCPT TO: 55[013](?![ -]\d\.\d)/,
    errorClass: 'PERMANENT',
    meaning: 'there is no such mailbox',
    recipientRefused: true,
  },
  {
    status: range(500, 599),
    errorClass: 'PERMANENT',
    meaning: 'the mail server refused the mail',
    quote: true,
  },
]

/** How far a call had come when it failed. */
interface Failure {
  operation: string
  error: NodemailerError
  /** The mail itself had begun to leave: whether it was taken, only the server knows. */
  contentSent: boolean
  /** The caller gave up, with this reason. */
  aborted: { reason: unknown } | undefined
  timedOut: boolean
  /** What must not appear in an error's text. */
  known: readonly string[]
}

/** The error to throw for a failed session; the caller's own reason when it gave up in time. */
export function failureOf(failure: Failure): unknown {
  const { operation, error, contentSent, aborted, timedOut } = failure
  const request = { vendor: 'smtp', operation, repeatable: false } as const
  const reply = error.responseCode ?? 0
  if (reply >= 400 && reply < 600) return refusal(request, error, reply, failure.known)
  const late = timedOut || (aborted !== undefined && isTimeout({ aborted: true, reason: aborted.reason }))
  if (aborted && !late && !contentSent) return aborted.reason
  const code = late ? 'TIMEOUT' : aborted ? 'ABORTED' : nameOf(error)
  if (contentSent) return lostAnswer(request, code, 'the answer was lost')
  if (error.code === 'EAUTH') return new VendorError({ ...request, ...notLetIn, code })
  // nodemailer compares the mail with the size the server announced, and sends nothing.
  const tooLarge = error.code === 'EMESSAGE'
  return new VendorError({
    ...request,
    errorClass: tooLarge ? 'PERMANENT' : 'TRANSIENT',
    code,
    meaning: tooLarge
      ? 'the mail is larger than the server takes'
      : 'the mail server was not reached or not trusted, nothing was sent',
  })
}

function refusal(
  request: { vendor: 'smtp'; operation: string; repeatable: boolean },
  error: NodemailerError,
  status: number,
  known: readonly string[],
): VendorError {
  const reply = error.response ?? ''
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1]
  const code = `SMTP_${status}${enhanced ? `_${enhanced.replaceAll('.', '_')}` : ''}`
  const detail = `${error.command ?? ''}: ${reply}`
  return classify(request, { status, code, detail }, SMTP_RULES, known)
}

/** The system's name says more than nodemailer's `ESOCKET`. */
function nameOf({ originalCode, code, timeoutType }: NodemailerError): string {
  return timeoutType ? 'TIMEOUT' : (originalCode ?? code ?? 'CONNECTION_LOST')
}
