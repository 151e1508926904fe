/** Mailchimp Transactional (Mandrill): sends mails, holds them, and finds them again (integrations.md 4). */
import { type Call, Refusal, type Reply, type VendorApi } from './exchange.ts'
import { figuresOf } from './figures.ts'
import { createConnections, createRate } from './limits.ts'
import { accountMethods } from './mandrill.account.ts'
import { failure, refuse } from './mandrill.errors.ts'
import { act, createLives, syncEvent } from './mandrill.lives.ts'
import { createMails } from './mandrill.mails.ts'
import { letGo, messageMethods } from './mandrill.messages.ts'
import { createRejects } from './mandrill.rejects.ts'
import { createSchedule } from './mandrill.schedule.ts'
import type { TemplateOrder } from './mandrill.shapes.ts'
import { createTemplates } from './mandrill.templates.ts'
import { createMandrillHooks } from './mandrill.webhooks.ts'
import type { Settings } from './settings.ts'
import { isObject } from './shape.ts'
import type { Courier, Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
export type Method = (body: unknown, key: string) => unknown
export type Account = ReturnType<typeof createAccount>

const KEY = /^(?!bad|md-bad)(md-[\w-]{6,}|[\w-]{22})$/

function createAccount(around: Surroundings) {
  const hooks = createMandrillHooks(around)
  const rejects = createRejects((action, reject) =>
    hooks.tell('blacklist', syncEvent('blacklist', action, reject)),
  )
  const mails = createMails(rejects.reasonAgainst)
  const lives = createLives({ ...around, hooks, rejects })
  const schedule = createSchedule(around.courier, (mail) => letGo(mail, rejects, lives))
  const searches = createRate(60_000)
  return { ...around, hooks, rejects, mails, lives, schedule, searches, templates: createTemplates() }
}

/** Holds the template `welcome`; more are added with `addTemplate`. */
export function createMandrill(
  around: Surroundings,
): VendorApi & { addTemplate(template: TemplateOrder): void } {
  const account = createAccount(around)
  const perSecond = createRate(1000)
  const connections = createConnections()
  const methods = { ...messageMethods(account), ...accountMethods(account) }

  return {
    addTemplate: account.templates.add,
    handle: (call) =>
      run(methods, call, (key) => perSecond.arrive(key, around.settings.mandrillPerSecond).allowed),
    failure,
    credential: (call) => keyOf(call, parsed(call.body)),
    enter: (call) => connections.enter(keyOf(call, parsed(call.body)), 0) ?? (() => {}),
    limits: () => figuresOf({ connections, perSecond, searchesPerMinute: account.searches }),
    act: (event) => act({ ...account, find: account.mails.get }, event),
    state: () => ({
      templates: account.templates.names(),
      mailsByRecipient: Object.groupBy(account.mails.all(), (mail) => mail.email.toLowerCase()),
      rejects: account.rejects.all(),
      webhooks: account.hooks.list().map(({ auth_key: _, ...hook }) => hook),
      scheduled: account.schedule.list(undefined),
    }),
    sends: account.mails.sends,
  }
}

async function run(
  methods: Record<string, Method>,
  call: Call,
  mayCall: (key: string) => boolean,
): Promise<Reply> {
  const name = call.path.replace(/^\//, '').replace(/\.json$/, '')
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return { status: 404, body: { ...error, message: `Unknown method "${name}"` } }
  if (call.method !== 'POST')
    return { status: 405, body: { ...error, message: 'Use POST' }, headers: { allow: 'POST' } }
  const body = parsed(call.body)
  const key = keyOf(call, body)
  if (body === undefined) refuse('Invalid_Key', 'Invalid API key')
  if (key === '') refuse('ValidationError', 'You must specify a key value')
  if (!KEY.test(key) || lacksMethod(key, name)) refuse('Invalid_Key', 'Invalid API key')
  if (!mayCall(key)) throw new Refusal(failure(429))
  return { status: 200, body: await method(body, key) }
}

const error = { status: 'error', code: -1, name: 'GeneralError' }

/** A key that starts with `md-limited` may only ping. */
function lacksMethod(key: string, name: string): boolean {
  return key.startsWith('md-limited') && !name.startsWith('users/')
}

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
