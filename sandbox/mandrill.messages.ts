import { Refusal } from './exchange.ts'
import { rescheduleShape, scheduledListShape, scheduledShape } from './mandrill.account-shapes.ts'
import { failure, refuse, refuseIssues } from './mandrill.errors.ts'
import { described, type Mail, refusedStatus } from './mandrill.mails.ts'
import { checkSendAt } from './mandrill.schedule.ts'
import { search } from './mandrill.search.ts'
import { infoShape, type SendOrder, searchShape, sendShape, sendTemplateShape } from './mandrill.shapes.ts'
import type { Template } from './mandrill.templates.ts'
import type { Account, Method } from './mandrill.ts'
import { read, type Shape } from './shape.ts'

const MESSAGE_MAX_BYTES = 25 * 1024 * 1024

/** The methods under messages/. */
export function messageMethods(account: Account): Record<string, Method> {
  const { mails, schedule, searches, settings, templates } = account
  /** A held mail is no message yet: neither found nor searched. */
  const isIndexed = ({ state, at }: Mail) =>
    state !== 'scheduled' && Date.now() - at >= settings.mandrillIndexDelayMs

  return {
    'messages/send': (body) => deliver(account, check(sendShape, body), null),
    'messages/send-template': (body) => {
      const order = check(sendTemplateShape, body)
      return deliver(account, order, templates.get(order.template_name))
    },
    'messages/info': (body) => {
      const { id } = check(infoShape, body)
      const mail = mails.get(id)
      if (!mail || !isIndexed(mail)) return refuse('Unknown_Message', `No message exists with the id '${id}'`)
      return described(mail)
    },
    'messages/search': (body, key) => {
      const order = check(searchShape, body)
      if (!searches.arrive(key, settings.mandrillSearchesPerMinute).allowed) throw new Refusal(failure(429))
      return search(mails.all().filter(isIndexed), order).map(described)
    },
    'messages/list-scheduled': (body) => schedule.list(check(scheduledListShape, body).to),
    'messages/cancel-scheduled': (body) => {
      const { id } = check(scheduledShape, body)
      const cancelled = schedule.cancel(id)
      mails.forget(id)
      return cancelled
    },
    'messages/reschedule': (body) => {
      const { id, send_at } = check(rescheduleShape, body)
      return schedule.reschedule(id, send_at)
    },
  }
}

function check<T>(shape: Shape<T>, body: unknown): T {
  return read(shape, body, refuseIssues)
}

function deliver(account: Account, order: SendOrder, template: Template | null): unknown {
  checkOrder(account, order, template)
  const sent = account.mails.send(order, template)
  for (const mail of sent) {
    if (mail.state === 'scheduled') account.schedule.hold(mail)
    else account.lives.begin(mail)
  }
  return sent.map(outcome)
}

function outcome({ email, status, _id, reject_reason, queued_reason }: Mail) {
  return { email, status, _id, reject_reason, queued_reason }
}

/** What the shapes cannot say: a sender is needed, this account has no sub-accounts, scheduling is paid for. */
function checkOrder({ settings }: Account, { message, send_at }: SendOrder, template: Template | null): void {
  if (!message.from_email && !template)
    issue(['message', 'from_email'], 'An email address must contain a single @')
  if (sizeOf(message) > MESSAGE_MAX_BYTES) issue(['message'], 'The message is larger than 25 MB')
  if (message.subaccount !== undefined) {
    refuse('Unknown_Subaccount', `No subaccount exists with the id '${message.subaccount}'`)
  }
  if (send_at === undefined) return
  checkSendAt(send_at, [])
  if (!settings.mandrillPaid)
    refuse('PaymentRequired', 'Email scheduling requires a positive account balance')
}

function issue(path: string[], message: string): never {
  return refuseIssues([{ kind: 'value', path, message, got: '' }])
}

function sizeOf({ html = '', text = '', attachments = [], images = [] }: SendOrder['message']): number {
  const files = [...attachments, ...images].map(({ content }) => (content.length * 3) / 4)
  return files.reduce((sum, size) => sum + size, Buffer.byteLength(html) + Buffer.byteLength(text))
}

/** A held mail's time has come; its address may have been listed meanwhile. */
export function letGo(mail: Mail, rejects: Account['rejects'], lives: Account['lives']): void {
  const reason = rejects.reasonAgainst(mail.email)
  mail.at = Date.now()
  mail.reject_reason = reason
  mail.status = reason === null ? 'sent' : refusedStatus(reason)
  mail.state = reason === null ? 'sent' : 'rejected'
  lives.begin(mail)
}
