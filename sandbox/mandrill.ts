/** Mailchimp Transactional (Mandrill): sends mails and finds them again (integrations.md 4). */
import { type Call, Refusal, type Reply, type VendorApi } from './exchange.ts'
import { failure, refuse, refuseIssues } from './mandrill.errors.ts'
import { createMails, described, type Mail, type Template } from './mandrill.mails.ts'
import { search } from './mandrill.search.ts'
import {
  infoShape,
  pingShape,
  type SendOrder,
  searchShape,
  sendShape,
  sendTemplateShape,
} from './mandrill.shapes.ts'
import { badMailbox, createMandrillHook } from './mandrill.webhooks.ts'
import type { Settings } from './settings.ts'
import { isObject, read } from './shape.ts'
import type { Courier, Webhooks } from './webhooks.ts'
import { createWindow } from './window.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Method = (body: unknown, key: string) => unknown

const KEY = /^(?!bad|md-bad)(md-[\w-]{6,}|[\w-]{22})$/

/** Holds the template `welcome`; more are added with `addTemplate`. */
export function createMandrill(around: Surroundings): VendorApi & { addTemplate(template: Template): void } {
  const mails = createMails()
  const hook = createMandrillHook(around)
  const searches = createWindow(60_000)
  const templates = new Map<string, Template>()
  const addTemplate = (template: Template) => void templates.set(template.name, template)
  addTemplate({ name: 'welcome', subject: 'Welcome', from_email: 'hello@solaria.example' })

  function deliver(order: SendOrder, template: Template | null): unknown {
    checkOrder(order, template)
    const sent = mails.send(order, template)
    for (const mail of sent) {
      if (bouncesLater(mail)) mail.state = 'bounced'
      hook.tellLife(mail)
    }
    return sent.map(outcome)
  }

  function templateOf(name: string): Template {
    return templates.get(name) ?? refuse('Unknown_Template', `No such template "${name}"`)
  }

  const isIndexed = (mail: Mail) => Date.now() - mail.at >= around.settings.mandrillIndexDelayMs

  const methods: Record<string, Method> = {
    'users/ping2': (body) => read(pingShape, body, refuseIssues) && { PING: 'PONG!' },
    'messages/send': (body) => deliver(read(sendShape, body, refuseIssues), null),
    'messages/send-template': (body) => {
      const order = read(sendTemplateShape, body, refuseIssues)
      return deliver(order, templateOf(order.template_name))
    },
    'messages/info': (body) => {
      const { id } = read(infoShape, body, refuseIssues)
      const mail = mails.get(id)
      if (!mail || !isIndexed(mail)) return refuse('Unknown_Message', `No message exists with the id '${id}'`)
      return described(mail)
    },
    'messages/search': (body, key) => {
      const order = read(searchShape, body, refuseIssues)
      if (searches.hit(key, around.settings.mandrillSearchesPerMinute) < 0) throw new Refusal(failure(429))
      return search(mails.all().filter(isIndexed), order).map(described)
    },
  }

  return {
    addTemplate,
    handle: (call) => run(methods, call),
    failure,
    credential: (call) => keyOf(call, parsed(call.body)),
    act: (event) => act(mails, hook.tell, event),
    state: () => ({
      templates: [...templates.keys()],
      mailsByRecipient: Object.groupBy(mails.all(), (mail) => mail.email.toLowerCase()),
    }),
    sends: mails.sends,
  }
}

function run(methods: Record<string, Method>, call: Call): Reply {
  const name = call.path.replace(/^\//, '').replace(/\.json$/, '')
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return { status: 404, body: { ...error, message: `Unknown method "${name}"` } }
  if (call.method !== 'POST')
    return { status: 405, body: { ...error, message: 'Use POST' }, headers: { allow: 'POST' } }
  const body = parsed(call.body)
  const key = keyOf(call, body)
  if (body === undefined) refuse('Invalid_Key', 'Invalid API key')
  if (key === '') refuse('ValidationError', 'You must specify a key value')
  if (!KEY.test(key)) refuse('Invalid_Key', 'Invalid API key')
  return { status: 200, body: method(body, key) }
}

const error = { status: 'error', code: -1, name: 'GeneralError' }

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function keyOf(call: Call, body: unknown): string {
  const inBody = isObject(body) ? body.key : undefined
  return String(inBody ?? call.headers['x-mc-apikey'] ?? '')
}

/** What the shapes cannot say: a sender is needed, and this account has no sub-accounts. */
function checkOrder({ message }: SendOrder, template: Template | null): void {
  if (!message.from_email && !template) {
    const reason = 'An email address must contain a single @'
    refuseIssues([{ kind: 'value', path: ['message', 'from_email'], message: reason, got: '' }])
  }
  if (message.subaccount !== undefined) {
    refuse('Unknown_Subaccount', `No subaccount exists with the id '${message.subaccount}'`)
  }
}

function outcome({ email, status, _id, reject_reason, queued_reason }: Mail) {
  return { email, status, _id, reject_reason, queued_reason }
}

/** `late…@bounce.example` is accepted and bounces afterwards. */
function bouncesLater(mail: Mail): boolean {
  return mail.reject_reason === null && /^late.*@bounce\.example$/i.test(mail.email)
}

const denials: Record<string, string> = { hard_bounce: 'hard-bounce', spam: 'spam', unsub: 'unsub' }
const acts = ['open', 'click', 'soft_bounce', 'deferral', ...Object.keys(denials)]

/** A person opens, clicks, complains or unsubscribes, or the mailbox bounces; some stop later mail. */
function act(
  mails: ReturnType<typeof createMails>,
  tell: ReturnType<typeof createMandrillHook>['tell'],
  event: Record<string, unknown>,
): string | null {
  const type = String(event.type)
  const mail = mails.get(String(event.id))
  if (!acts.includes(type)) return `type is one of ${acts.join(', ')}`
  if (!mail) return `no mail has the id ${String(event.id)}`
  const reason = denials[type]
  if (reason) mails.deny(mail.email, reason)
  if (type === 'hard_bounce') mail.state = 'bounced'
  if (type === 'open') mail.opens += 1
  if (type === 'click') mail.clicks += 1
  tell(type, mail, 0, type.endsWith('bounce') ? badMailbox : {})
  return null
}
