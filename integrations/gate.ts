// What stands between our processes and one account of a vendor: its limits, and a breaker for when it is down.

import type { VendorError } from './errors.ts'

/** One call that wants to go out. */
export interface PendingCall {
  operation: string
  /** Whom a message goes to, for vendors that limit messages to one person. Never stored as it is. */
  recipient?: string | undefined
}

/** How a call ended. `error` is absent when the caller gave up before it was sent. */
export type CallEnd = { ok: true } | { ok: false; error?: VendorError | undefined }

/** The right to make one call. */
export interface Permit {
  /**
   * Gives the permit back. The answer is an error to throw in place of the call's own: a vendor that is down makes work
   * wait (`THROTTLED`) instead of using up its attempts. It never throws, not even when Redis is away.
   */
  leave(end: CallEnd): Promise<VendorError | undefined>
}

export interface Gate {
  /**
   * Waits for a free place within the account's limits. @throws VendorError of class `THROTTLED` when the wait would be
   * long or the breaker is open; the signal's reason when it ends.
   */
  enter(call: PendingCall, signal: AbortSignal): Promise<Permit>
}
