// What stands between our processes and one account of a vendor: its limits, and a breaker for when it is down. The state
// is shared by all processes.

import type { Vendor, VendorError } from './errors.ts'

/** The most urgent first: the levels of jobs. */
export const callPriorities = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW', 'BULK'] as const
export type CallPriority = (typeof callPriorities)[number]

/** One call that wants to go out. */
export interface PendingCall {
  operation: string
  /** Who goes first where a limit is reached; default `NORMAL`. */
  priority?: CallPriority | undefined
  /** False for a call whose repetition does harm; default true. Few of those are under way while none is answered. */
  repeatable?: boolean | undefined
  /** A kind of call the vendor limits apart; a pause it asks for there holds up no others. */
  kind?: string | undefined
  /** Whom a message goes to, for vendors that limit messages to one person. Never stored as it is. */
  recipient?: string | undefined
}

/** How a call ended. `error` is absent when the caller gave it up. */
export type CallEnd = { ok: true } | { ok: false; error?: VendorError | undefined }

/** The right to make one call. */
export interface Permit {
  /**
   * Gives the permit back. The answer is an error to throw in place of the call's own: a vendor that is down makes work
   * wait (`THROTTLED`) instead of using up its attempts. It never throws, not even when Redis is away.
   */
  leave(end: CallEnd): Promise<VendorError | undefined>
}

export type Forced = 'OPEN' | 'CLOSED' | 'NONE'

/** What became of the breaker: told once, by the process whose call changed it. */
export interface BreakerChange {
  vendor: Vendor
  /** OPENED: the vendor is down. AUTH: it does not let us in. CLOSED: it is back. */
  change: 'OPENED' | 'AUTH' | 'CLOSED'
  /** The vendor's code of the error that did it. */
  code: string
}

export interface AccountStatus {
  /** CLOSED: calls go out. OPEN: they wait. AUTH: they wait until the account lets us in. HALF_OPEN: the next call is a probe. */
  breaker: 'CLOSED' | 'OPEN' | 'AUTH' | 'HALF_OPEN'
  forced: Forced
  changedAt: Date | undefined
  /** When calls are let out again: for the breaker, the next as a probe. */
  retryAt: Date | undefined
  /** Why calls wait now. UNANSWERED: only those that must not be repeated wait. */
  waitReason: 'STOPPED_BY_OPERATOR' | 'ACCOUNT_LOCKED' | 'BREAKER_OPEN' | 'PAUSED' | 'UNANSWERED' | undefined
  lastSuccessAt: Date | undefined
  lastErrorAt: Date | undefined
  /** The vendor's code, never its text. */
  lastError: string | undefined
  callsUnderWay: number
  connections: number
  quotas: { requests: number; ms: number; used: number }[]
}

/** What a client has to know of it. */
export interface CallGate {
  /**
   * Waits for a free place within the account's limits. @throws VendorError of class `THROTTLED` when the wait would be
   * long or the breaker is open; the signal's reason when it ends.
   */
  enter(call: PendingCall, signal: AbortSignal): Promise<Permit>
}

export interface Gate extends CallGate {
  inspect(): Promise<AccountStatus>
  /** Stops all calls (OPEN), lets them through whatever the breaker finds (CLOSED), or leaves it to the breaker (NONE). */
  force(state: Forced): Promise<void>
}
