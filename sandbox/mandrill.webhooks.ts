import { randomBytes } from 'node:crypto'
import { knock } from './knock.ts'
import { type EventName, messageEvents, type WebhookOrder } from './mandrill.account-shapes.ts'
import { refuse, refuseIssues } from './mandrill.errors.ts'
import { timeText } from './mandrill.times.ts'
import type { Settings } from './settings.ts'
import { signMandrill } from './signatures.ts'
import { type Courier, createLine, type Parcel, type Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
type Event = Record<string, unknown>
type Target = { url: string; key: string; events?: readonly string[] }
type Hook = {
  id: number
  url: string
  description: string
  auth_key: string
  events: readonly string[]
  created_at: string
  last_sent_at: string | null
  batches_sent: number
  events_sent: number
  last_error: string | null
}

const EVENTS_PER_BATCH = 1000
const RETRIES = 20
/** Signs the test of an address, because the webhook's own key does not exist yet (integrations.md 4.4). */
const TEST_KEY = 'test-webhook'

/** Webhooks made by the API, and the one of `PUT /_sandbox/webhooks`; each has a line of its own. */
export function createMandrillHooks(around: Surroundings) {
  const { settings, webhooks } = around
  const hooks = new Map<number, { hook: Hook; send: (event: Event) => void }>()
  const sendFixed = createMandrillLine(around, () => webhooks.mandrill)
  let lastId = 0

  async function add({ url, description = '', events = [] }: WebhookOrder): Promise<Hook> {
    await checkAddress(url)
    lastId += 1
    const counted = { last_sent_at: null, batches_sent: 0, events_sent: 0, last_error: null }
    const auth_key = randomBytes(16).toString('base64url')
    const created_at = timeText(Date.now())
    const hook: Hook = { id: lastId, url, description, auth_key, events, created_at, ...counted }
    const target = () => (hooks.has(hook.id) ? { url, key: auth_key } : undefined)
    const send = createMandrillLine(around, target, (sent, accepted) => note(hook, sent, accepted))
    hooks.set(hook.id, { hook, send })
    return hook
  }

  const get = (id: number) =>
    hooks.get(id)?.hook ?? refuse('Unknown_Webhook', `Unknown webhook with the id '${id}'`)

  return {
    add,
    get,
    list: () => [...hooks.values()].map(({ hook }) => hook),
    remove(id: number): Hook {
      const hook = get(id)
      hooks.delete(id)
      return hook
    },
    /** Hands an event to every webhook that wants events of its kind. */
    tell(kind: EventName, event: Event): void {
      if (!settings.webhooksEnabled) return
      if (webhooks.mandrill && wants(webhooks.mandrill.events ?? messageEvents, kind)) sendFixed(event)
      for (const { hook, send } of hooks.values()) if (wants(hook.events, kind)) send(event)
    },
  }
}

function wants(events: readonly string[], kind: EventName): boolean {
  return events.includes(kind)
}

/** HEAD must answer 200; an address that does not know HEAD gets an empty, signed batch instead. */
async function checkAddress(url: string): Promise<void> {
  if ((await knock(url, { method: 'HEAD' })).status === 200) return
  const { headers, body } = parcelOf({ url, key: TEST_KEY }, [])
  const { status } = await knock(url, { method: 'POST', headers, body })
  if (status === 200) return
  const message = `The URL did not answer with 200 but with ${status === 0 ? 'nothing' : status}`
  refuseIssues([{ kind: 'value', path: ['url'], message, got: url }])
}

/** A webhook whose batch was refused to the end is told nothing any more. */
function note(hook: Hook, events: Event[], accepted: boolean): void {
  if (!accepted) {
    hook.last_error = 'Too many failures; the webhook was disabled'
    hook.events = []
    return
  }
  hook.last_sent_at = timeText(Date.now())
  hook.batches_sent += 1
  hook.events_sent += events.length
}

function createMandrillLine(
  { settings, courier }: Surroundings,
  target: () => Target | undefined,
  done?: (events: Event[], accepted: boolean) => void,
) {
  return createLine<Event>(courier, {
    most: EVENTS_PER_BATCH,
    pack: (events) => {
      const to = target()
      return to && parcelOf(to, events)
    },
    attempts: RETRIES + 1,
    waitMs: () => settings.webhookRetryMs,
    accepts: (status) => status === 200,
    ...(done ? { done } : {}),
  })
}

function parcelOf({ url, key }: Target, events: Event[]): Parcel {
  const mandrill_events = JSON.stringify(events)
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'user-agent': 'Mandrill-Webhook/1.0',
    'x-mandrill-signature': signMandrill(key, url, { mandrill_events }),
  }
  const body = new URLSearchParams({ mandrill_events }).toString()
  return { vendor: 'mandrill', url, headers, body }
}
