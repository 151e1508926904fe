import { type Reply, type Vendor, vendors } from './exchange.ts'
import { anything, flag, number, type Of, object, record, text } from './shape.ts'

/** The body of `POST /_sandbox/faults`. */
export const faultShape = object(
  {
    vendor: text({ oneOf: vendors }),
    action: object(
      {},
      {
        status: number,
        body: anything,
        headers: record(text()),
        delayMs: number,
        drop: text({ oneOf: ['before', 'after'] }),
        effect: flag,
      },
    ),
  },
  { match: object({}, { method: text(), path: text() }), times: number, probability: number, seed: number },
)
export type FaultOrder = Of<typeof faultShape>
export type Action = FaultOrder['action']
export type Fault = FaultOrder & { id: string; hits: number }

export type Faults = {
  add(order: FaultOrder): Fault
  /** The first fault that applies to a request; counts it. */
  take(vendor: Vendor, method: string, fullPath: string, path: string): Fault | undefined
  all(): Fault[]
  get(id: string): Fault | undefined
  remove(id: string): boolean
  clear(): void
}

/** Faults are tried in the order they were added; a used-up fault stays listed with its hits. */
export function createFaults(): Faults {
  const faults = new Map<string, { fault: Fault; random: () => number }>()
  let counter = 0
  return {
    add(order) {
      counter += 1
      const fault = { ...order, id: `fault_${counter}`, hits: 0 }
      faults.set(fault.id, { fault, random: seededRandom(order.seed ?? 1) })
      return fault
    },
    take(vendor, method, fullPath, path) {
      for (const { fault, random } of faults.values()) {
        if (fault.vendor !== vendor || !matches(fault, method, fullPath, path)) continue
        if (fault.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue
        if (random() >= (fault.probability ?? 1)) continue
        fault.hits += 1
        return fault
      }
    },
    all: () => [...faults.values()].map(({ fault }) => fault),
    get: (id) => faults.get(id)?.fault,
    remove: (id) => faults.delete(id),
    clear: () => faults.clear(),
  }
}

function matches(fault: Fault, method: string, fullPath: string, path: string): boolean {
  const wanted = fault.match ?? {}
  if (wanted.method !== undefined && wanted.method.toUpperCase() !== method) return false
  if (wanted.path === undefined) return true
  if (fullPath.startsWith(wanted.path) || path.startsWith(wanted.path)) return true
  return new RegExp(wanted.path).test(fullPath)
}

/** What is wrong with an order beyond its shape: a path that is no regular expression, say. */
export function faultProblem({ match, probability, action }: FaultOrder): string | null {
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) return 'probability is 0 to 1'
  if (action.status !== undefined && !(action.status >= 200 && action.status <= 599))
    return 'status is 200 to 599'
  try {
    new RegExp(match?.path ?? '')
    return null
  } catch {
    return 'match.path is neither a prefix nor a regular expression'
  }
}

/** The answer an action wants instead of the real one; undefined = the real answer stands. */
export function faultyReply(
  action: Action,
  real: Reply | null,
  own: (status: number) => Reply,
): Reply | undefined {
  if (action.status === undefined && action.body === undefined && action.headers === undefined)
    return undefined
  const status = action.status ?? real?.status ?? 200
  const base = action.status === undefined && real ? real : own(status)
  const body = action.body === undefined ? base.body : action.body
  return { status, body, headers: { ...base.headers, ...action.headers } }
}

/** A repeatable random source, 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
