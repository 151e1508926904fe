import type { IncomingMessage, ServerResponse } from 'node:http'

/** What every request may send before it counts: a small report gets through whatever large ones are under way. */
const freeBytes = 64_000
/** A piece of a body takes more memory than its bytes. */
const pieceBytes = 128

export interface BodyLimits {
  /** Bytes of all bodies under way, beyond what is free for each. */
  maxBytes: number
  maxBytesPerAddress: number
  /** Bodies under way. */
  maxBodies: number
  /** Time for a body to come, in ms. */
  timeoutMs: number
}

/** Why a body is not read. */
export class BodyRefused extends Error {
  /** 408: it took too long. 413: too large. 429: this address sends too much at once. 503: all of them together do. */
  readonly status: 408 | 413 | 429 | 503
  constructor(status: 408 | 413 | 429 | 503) {
    super(`The body of the request was refused with ${status}`)
    this.name = 'BodyRefused'
    this.status = status
  }
}

/** What one request may use of the budget. */
export interface BodyAccount {
  timeoutMs: number
  /** @throws BodyRefused */
  take(bytes: number): void
}

const accounts = new WeakMap<IncomingMessage, BodyAccount>()

/** The account a request was given, if any. */
export const bodyAccountOf = (request: IncomingMessage): BodyAccount | undefined => accounts.get(request)

/** Memory for request bodies, shared by all requests of a process. */
export function createBodyBudget(limits: BodyLimits) {
  let bytes = 0
  let bodies = 0
  const perAddress = new Map<string, number>()

  function charge(address: string, more: number): void {
    const held = (perAddress.get(address) ?? 0) + more
    if (held > limits.maxBytesPerAddress) throw new BodyRefused(429)
    if (bytes + more > limits.maxBytes) throw new BodyRefused(503)
    bytes += more
    perAddress.set(address, held)
  }

  function release(address: string, held: number): void {
    bytes -= held
    const left = (perAddress.get(address) ?? 0) - held
    if (left > 0) perAddress.set(address, left)
    else perAddress.delete(address)
  }

  return {
    /** Gives a request its account. What it holds is free again when its answer is done. */
    open(request: IncomingMessage, response: ServerResponse, address: string): void {
      let taken = 0
      let charged = 0
      const take = (more: number) => {
        if (taken === 0 && ++bodies > limits.maxBodies) {
          bodies--
          throw new BodyRefused(503)
        }
        taken += more + pieceBytes
        const owed = Math.max(0, taken - freeBytes) - charged
        if (owed > 0) charge(address, owed)
        charged += owed
      }
      accounts.set(request, { timeoutMs: limits.timeoutMs, take })
      response.once('close', () => {
        if (taken > 0) bodies--
        release(address, charged)
      })
    },
    /** Bytes that count at the moment. */
    get bytes() {
      return bytes
    },
  }
}
