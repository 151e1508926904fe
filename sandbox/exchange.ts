/**
 * The words every file of the sandbox shares.
 *
 * Call     one request to a vendor, its path without the vendor's prefix
 * Reply    what the vendor answers
 * Refusal  thrown by a vendor to answer with an error, wherever it is found
 * VendorApi one vendor: answers calls, invents its own errors, tells what it holds
 * Send     one message a person would have received; counted to find duplicates
 */
import type { IncomingHttpHeaders } from 'node:http'

/** The vendors, in the order the page shows them. */
export const vendors = ['mailchimp', 'mandrill', 'whatsapp', 'hubspot', 'twenty'] as const
export type Vendor = (typeof vendors)[number]

export type Call = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
  /** The body as it came, for what is no text. */
  bytes: Buffer
}

/** Texts and bytes are written as they are, everything else as JSON. */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> }

export type Send = {
  vendor: Vendor
  channel: 'email' | 'whatsapp'
  recipient: string
  template: string
  correlation: string | null
  id: string
  accepted: boolean
  at: string
}

export type VendorApi = {
  /** Answers a call; throws a Refusal for every error answer. */
  handle(call: Call): Reply | Promise<Reply>
  /** The vendor's own error answer for a status, used by injected faults. */
  failure(status: number): Reply
  /** The secret the caller presented, as found in header or body. */
  credential(call: Call): string
  /** Takes one of the account's connections; the returned function gives it back. */
  enter?(call: Call): () => void
  /** Something a person or the vendor does; null or what it made = done, a text = why not. */
  act(event: Record<string, unknown>): string | null | { id: string }
  state(): Record<string, unknown>
  /** How many there are of what `state` shows only in part. */
  counts?(): Record<string, number>
  /** How near its limits the vendor was brought. */
  limits?(): Record<string, number>
  sends(): Send[]
}

export class Refusal extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`)
    this.reply = reply
  }
}

/** The answer of a step, whether it was returned or thrown as a Refusal. */
export async function replyOf(step: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Refusal) return error.reply
    throw error
  }
}

/** Secrets are shown by their last four characters only, short ones not at all. */
export function redact(secret: string): string {
  if (secret === '') return 'none'
  return secret.length < 8 ? '…' : `…${secret.slice(-4)}`
}

/** The token of an `Authorization: Bearer` header, or an empty text. */
export function bearer(headers: IncomingHttpHeaders): string {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
}

/** Drops the oldest entries of a map beyond a size, so that a long run stays small. */
export function forgetOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}
