import { seededRandom } from './faults.ts'
import { type EventName, messageEvents } from './mandrill.account-shapes.ts'
import { described, type Mail } from './mandrill.mails.ts'
import type { createRejects } from './mandrill.rejects.ts'
import type { createMandrillHooks } from './mandrill.webhooks.ts'
import type { Settings } from './settings.ts'
import { flag, type Of, object, text } from './shape.ts'
import type { Courier } from './webhooks.ts'

type Surroundings = {
  settings: Settings
  courier: Courier
  hooks: ReturnType<typeof createMandrillHooks>
  rejects: ReturnType<typeof createRejects>
}
type Happening = (typeof messageEvents)[number]
type Details = { url?: string; ip?: string; userAgent?: string; withoutMessage?: boolean; silent?: boolean }

/** What becomes of a mail, step by step: each step changes it, and then the webhooks hear of it. */
export function createLives(around: Surroundings) {
  const { settings, courier } = around
  const random = seededRandom(7)

  function begin(mail: Mail): void {
    const steps = planOf(mail)
    if (steps.includes('delivered') && random() < settings.openRate) steps.push('open')
    // A mail that is taken while webhooks are off is never told of, also not when they are on again by then.
    const details = { silent: !settings.webhooksEnabled }
    for (const [index, step] of steps.entries()) {
      courier.later(settings.webhookDelayMs * (index + 1), () => happen(around, mail, step, details))
    }
  }

  return {
    begin,
    happen: (mail: Mail, name: Happening, details: Details) => happen(around, mail, name, details),
  }
}

/** `late…`, `latesoft…` and `deferred…` at `bounce.example` are accepted and go wrong afterwards. */
function planOf({ state, email }: Mail): Happening[] {
  if (state === 'rejected') return ['reject']
  const [local = '', domain] = email.toLowerCase().split('@')
  if (domain !== 'bounce.example') return ['send', 'delivered']
  if (local.startsWith('latesoft')) return ['send', 'soft_bounce']
  if (local.startsWith('late')) return ['send', 'hard_bounce']
  return local.startsWith('deferred') ? ['send', 'deferral', 'delivered'] : ['send', 'delivered']
}

function happen({ rejects, hooks }: Surroundings, mail: Mail, name: Happening, details: Details = {}): void {
  const more = changes[name]?.(mail, details) ?? {}
  const ts = Math.floor(Date.now() / 1000)
  const msg = details.withoutMessage ? {} : described(mail)
  if (!details.silent) hooks.tell(name, { event: name, _id: mail._id, ts, ...more, msg })
  const reason = denials[name]
  if (reason) rejects.add(mail.email, reason, mail.bounce?.diag)
}

/** After these the address gets no more mail. */
const denials: Partial<Record<Happening, string>> = {
  hard_bounce: 'hard-bounce',
  spam: 'spam',
  unsub: 'unsub',
}

const badMailbox = {
  bounce_description: 'bad_mailbox',
  diag: 'smtp;550 5.1.1 The email account that you tried to reach does not exist.',
}
const fullMailbox = { bounce_description: 'mailbox_full', diag: 'smtp;452 4.2.2 The mailbox is full.' }
const agent = 'Mozilla/5.0 (X11; Linux x86_64) Sandbox'
const place = { country_short: 'ES', country: 'Spain', region: 'Madrid', city: 'Madrid', timezone: '+02:00' }

/** What an event does to the mail; the answer is added to the event. */
const changes: Partial<Record<Happening, (mail: Mail, details: Details) => object>> = {
  delivered: (mail) => atServer(mail, 'sent', 'sent', '250 2.0.0 OK'),
  deferral: (mail) => atServer(mail, 'deferred', 'deferred', '451 4.3.0 Try again later'),
  hard_bounce: (mail) => bounced(mail, 'bounced', badMailbox),
  soft_bounce: (mail) => bounced(mail, 'soft-bounced', fullMailbox),
  spam: (mail) => Object.assign(mail, { state: 'spam' }) && {},
  unsub: (mail) => Object.assign(mail, { state: 'unsub' }) && {},
  open: (mail, { ip = '203.0.113.7', userAgent = agent }) => {
    mail.opens_detail.push({ ts: Math.floor(Date.now() / 1000), ip, location: place.city, ua: userAgent })
    return { ip, user_agent: userAgent, location: place }
  },
  click: (mail, { ip = '203.0.113.7', userAgent = agent, url = 'https://solaria.example/' }) => {
    const ts = Math.floor(Date.now() / 1000)
    mail.clicks_detail.push({ ts, url, ip, location: place.city, ua: userAgent })
    return { url, ip, user_agent: userAgent, location: place }
  },
}

function atServer(mail: Mail, state: Mail['state'], type: string, diag: string): object {
  const ts = Math.floor(Date.now() / 1000)
  mail.state = state
  mail.smtp_events.push({ ts, type, diag, source_ip: '198.51.100.1', destination_ip: '203.0.113.1', size: 0 })
  return {}
}

function bounced(mail: Mail, state: Mail['state'], bounce: Mail['bounce'] & object): object {
  mail.bounce = bounce
  return atServer(mail, state, 'bounced', bounce.diag)
}

const listEvents = ['blacklist', 'whitelist'] as const
const mailEvent = object(
  { type: text({ oneOf: messageEvents }), id: text() },
  { url: text(), ip: text(), userAgent: text(), withoutMessage: flag },
)
const listEvent = object({ type: text({ oneOf: listEvents }), email: text() }, { reason: text() })

type Account = Surroundings & {
  lives: ReturnType<typeof createLives>
  find: (id: string) => Mail | undefined
}

/** Something happens outside: to a mail, or somebody edits a list in Mandrill's own pages. */
export function act({ lives, find, rejects, hooks }: Account, event: Record<string, unknown>): string | null {
  const isList = listEvents.some((type) => type === event.type)
  const problem = (isList ? listEvent : mailEvent).check(event, [])[0]
  if (problem) return `${problem.path.join('.')} ${problem.message}`
  if (isList) return editList(event as Of<typeof listEvent>, rejects, hooks)
  const { type, id, ...details } = event as Of<typeof mailEvent>
  const mail = find(id)
  if (!mail) return `no mail has the id ${id}`
  lives.happen(mail, type, details)
  return null
}

function editList(
  { type, email, reason = 'custom' }: Of<typeof listEvent>,
  rejects: Account['rejects'],
  hooks: Account['hooks'],
): null {
  if (type === 'blacklist') rejects.add(email, reason)
  else hooks.tell(type, syncEvent(type, 'add', { email, detail: reason }))
  return null
}

/** How a change of the reject list or the allow list is told. */
export function syncEvent(type: EventName, action: string, reject: object) {
  return { type, action, ts: Math.floor(Date.now() / 1000), reject }
}
