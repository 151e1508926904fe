import { refuse, refuseIssues } from './mandrill.errors.ts'
import type { Mail } from './mandrill.mails.ts'
import { timeOf, timeText } from './mandrill.times.ts'
import type { Courier } from './webhooks.ts'

/** A timer of Node's counts at most 24.8 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000
const LATEST_MS = 366 * LONGEST_WAIT_MS

/** Mails that are held until their time; `letGo` sends one. */
export function createSchedule(courier: Courier, letGo: (mail: Mail) => void) {
  const held = new Map<string, Mail>()

  function wait(mail: Mail, until: number): void {
    courier.later(Math.min(until - Date.now(), LONGEST_WAIT_MS), () => {
      if (held.get(mail._id) !== mail || mail.sendAt !== until) return
      if (Date.now() < until) return wait(mail, until)
      held.delete(mail._id)
      letGo(mail)
    })
  }

  const get = (id: string): Mail =>
    held.get(id) ?? refuse('Unknown_Message', `No scheduled message exists with the id '${id}'`)

  return {
    hold(mail: Mail): void {
      held.set(mail._id, mail)
      wait(mail, mail.sendAt ?? 0)
    },
    list: (to: string | undefined) =>
      [...held.values()].filter(({ email }) => to === undefined || email === to).map(describe),
    cancel(id: string) {
      const mail = get(id)
      held.delete(id)
      return describe(mail)
    },
    reschedule(id: string, sendAt: string) {
      const mail = get(id)
      checkSendAt(sendAt, [])
      mail.sendAt = timeOf(sendAt)
      wait(mail, mail.sendAt)
      return describe(mail)
    },
  }
}

function describe({ _id, created, sendAt, sender, email, subject }: Mail) {
  const times = { created_at: timeText(created), send_at: timeText(sendAt ?? 0) }
  return { _id, ...times, from_email: sender, to: email, subject }
}

/** A day that does not exist, or one more than a year away, is refused. */
export function checkSendAt(sendAt: string, path: string[]): void {
  const at = timeOf(sendAt)
  const issue = (message: string) =>
    refuseIssues([{ kind: 'value', path: [...path, 'send_at'], message, got: sendAt }])
  if (Number.isNaN(at)) issue('Please enter a date that exists')
  if (at > Date.now() + LATEST_MS) issue('A message can be scheduled at most one year in advance')
}
