import type { IncomingMessage } from 'node:http'

/**
 * The address a request comes from. Behind proxies it is the one that the outermost of them saw: so many from the end of
 * `X-Forwarded-For`; what stands before it, anybody can have written. Whoever has one IPv6 address has a whole /64.
 * @param proxies how many proxies stand in front of this process
 */
export function addressOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const forwarded = proxies > 0 ? (headers['x-forwarded-for']?.toString().split(',') ?? []) : []
  const address = forwarded.at(-proxies)?.trim() || socket.remoteAddress || ''
  const mapped = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return mapped.includes(':') ? mapped.split(':').slice(0, 4).join(':') : mapped
}

/** Counts what each of many holds, up to a number. */
export interface Counter {
  /** @returns whether there was a place */
  enter(owner: string): boolean
  leave(owner: string): void
}

/** @param most places of one owner */
export function createCounter(most: number): Counter {
  const held = new Map<string, number>()
  return {
    enter(owner) {
      const count = held.get(owner) ?? 0
      if (count >= most) return false
      held.set(owner, count + 1)
      return true
    },
    leave(owner) {
      const left = (held.get(owner) ?? 1) - 1
      if (left > 0) held.set(owner, left)
      else held.delete(owner)
    },
  }
}
