/**
 * Webhooks going out. A parcel is one signed POST. The courier repeats a parcel, packed anew for
 * each attempt, until the receiver takes it. Mandrill and Mailchimp send through a line: one parcel
 * after the other, later events wait behind a failed one. The others' parcels travel on their own
 * and may overtake each other.
 */
import http from 'node:http'
import type { Vendor } from './exchange.ts'
import type { Settings } from './settings.ts'

/** Where webhooks go and what signs them; `url` is signed as written here. */
export type Webhooks = {
  mailchimp?: { url: string; secret: string }
  mandrill?: { url: string; key: string; events?: string[] }
  whatsapp?: { url: string; appSecret: string; verifyToken?: string }
  hubspot?: { url: string; secret: string; subscriptions?: string[] }
  twenty?: { url: string; secret: string }
}

/** Packs what is to be told for an attempt (1, 2, …); undefined = nobody is to be told. */
type Pack = (attempt: number) => Parcel | undefined
export type Parcel = { vendor: Vendor; url: string; headers: Record<string, string>; body: string }
/** One attempt to deliver a parcel; status 0 = no answer. */
type Delivery = { vendor: Vendor; url: string; status: number; attempt: number; at: string }
type Patience = {
  attempts: number
  waitMs: (attempt: number) => number
  accepts: (status: number) => boolean
  /** Called once the first attempt has ended, however it went. */
  tried?: () => void
}

export type Courier = {
  /** Runs a step later; with 0 at once. Nothing runs after close(). */
  later(delayMs: number, run: () => void): void
  /** Repeats a parcel until it is accepted or the attempts are used; tells which. */
  deliver(pack: Pack, patience: Patience): Promise<boolean>
  deliveries(): Delivery[]
  /** Steps and parcels that are still to come: 0 when everything that happened has been told. */
  pending(): number
  close(): void
}

const ANSWER_TIMEOUT_MS = 5000
const DELIVERIES_KEPT = 500

/** Delivers until closed; closing forgets what is still waiting. */
export function createCourier(settings: Settings): Courier {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 })
  const timers = new Set<NodeJS.Timeout>()
  const log: Delivery[] = []
  let isClosed = false
  let underWay = 0

  function later(delayMs: number, run: () => void): void {
    if (isClosed) return
    if (delayMs <= 0) run()
    else start(delayMs, run)
  }

  function start(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, delayMs)
    timers.add(timer.unref())
  }

  async function attempt(parcel: Parcel, number: number): Promise<number> {
    const status = await post(parcel, agent)
    log.push({
      vendor: parcel.vendor,
      url: parcel.url,
      status,
      attempt: number,
      at: new Date().toISOString(),
    })
    if (log.length > DELIVERIES_KEPT) log.shift()
    return status
  }

  async function deliver(pack: Pack, patience: Patience): Promise<boolean> {
    underWay += 1
    try {
      return await deliverAtLast(pack, patience)
    } finally {
      underWay -= 1
    }
  }

  async function deliverAtLast(pack: Pack, patience: Patience): Promise<boolean> {
    for (let number = 1; number <= patience.attempts && !isClosed; number += 1) {
      const parcel = pack(number)
      if (!parcel) break
      const accepted = patience.accepts(await attempt(parcel, number))
      if (number === 1) patience.tried?.()
      if (accepted && settings.duplicateWebhooks) await attempt(parcel, number)
      if (accepted) return true
      await new Promise<void>((resolve) => later(patience.waitMs(number), resolve))
    }
    return false
  }

  return {
    later,
    deliver,
    deliveries: () => log,
    pending: () => timers.size + underWay,
    close() {
      isClosed = true
      for (const timer of timers) clearTimeout(timer)
      agent.destroy()
    },
  }
}

/** Sends one POST; the answer's status, or 0 for none in time. */
function post(parcel: Parcel, agent: http.Agent): Promise<number> {
  return new Promise((resolve) => {
    const request = http.request(parcel.url, { method: 'POST', headers: parcel.headers, agent }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error('no answer in time')))
    request.once('error', () => resolve(0))
    request.end(parcel.body)
  })
}

/** A line of events that are packed into parcels and delivered strictly one after the other. */
export function createLine<T>(
  courier: Courier,
  rule: Patience & {
    most: number
    pack: (events: T[], attempt: number) => Parcel | undefined
    /** Hears what became of a parcel. */
    done?: (events: T[], accepted: boolean) => void
  },
): (event: T) => void {
  const waiting: T[] = []
  let busy = false

  async function drive(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const events = waiting.splice(0, rule.most)
      const accepted = await courier.deliver((attempt) => rule.pack(events, attempt), rule)
      rule.done?.(events, accepted)
    }
    busy = false
  }

  return (event) => {
    waiting.push(event)
    if (!busy) queueMicrotask(() => !busy && void drive())
  }
}

/** The usual idea of success of a webhook. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}
