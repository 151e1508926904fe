// The gate over Redis: every process that uses an account asks the same keys.

import { createHmac, randomBytes } from 'node:crypto'
import { mayStillRun, outcomeOf } from './call-outcome.ts'
import type { Vendor, VendorError } from './errors.ts'
import {
  type BreakerChange,
  type CallEnd,
  callPriorities,
  type Forced,
  type Gate,
  type PendingCall,
  type Permit,
} from './gate.ts'
import { ENTER, FORCE, LEAVE } from './gate-scripts.ts'
import { inspect } from './gate-status.ts'
import { refusedEntry, type Verdict } from './gate-verdicts.ts'
import type { AccountLimits } from './limits.ts'
import { createTurns, type Turns } from './turns.ts'

/** Runs a Lua script in Redis with these keys and arguments. */
export type RunScript = (
  lua: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

export interface GateSettings {
  run: RunScript
  vendor: Vendor
  /** Start of the account's keys in Redis; says nothing about the credential. */
  key: string
  /** Makes recipients unrecognisable before they become part of a key. */
  secret: string
  limits: AccountLimits
  /** Longest time a call can take: after it, its place is free even if its process died. */
  leaseMs: number
  /** What an operator said, for when Redis has forgotten it. */
  forced?: Forced | undefined
  /**
   * Asks the vendor something harmless, through this gate: before a call that must not be repeated goes out to a vendor
   * that was down. Without it such a call is the probe itself.
   */
  probe?: ((signal: AbortSignal) => Promise<unknown>) | undefined
  onChange?: ((change: BreakerChange) => void) | undefined
  /** Told when Redis did not learn how a call ended: it is away, or the script is wrong. */
  onError?: ((error: unknown) => void) | undefined
  /** Breaker and waiting times in ms, for tests. */
  timing?: Partial<GateTiming> | undefined
}

export interface GateTiming {
  /** Failures in a row, over all processes, that open the breaker. */
  failuresToOpen: number
  firstCooldownMs: number
  longestCooldownMs: number
  authCooldownMs: number
  /** Longest rest of calls that must not be repeated, while the vendor answers others but not those. */
  longestRestMs: number
  /** A wait longer than this is spent outside the worker: the job is put back. */
  patienceMs: number
  /** Longest time in this process's queue. */
  longestWaitMs: number
  /** A priority that has waited so long is served before the others. */
  ageMs: number
  /** A call that must not be repeated has its answer, or its time limit, after this time; else its process is gone. */
  answerMs: number
}

const defaultTiming: GateTiming = {
  failuresToOpen: 5,
  firstCooldownMs: 5_000,
  longestCooldownMs: 30_000,
  authCooldownMs: 60_000,
  longestRestMs: 300_000,
  patienceMs: 2_000,
  longestWaitMs: 10_000,
  ageMs: 2_000,
  answerMs: 17_000,
}

/** Percent of a limit that calls of a priority may fill: what is left is there at once for the more urgent. */
const shares = { CRITICAL: 100, HIGH: 100, NORMAL: 100, LOW: 90, BULK: 80 } as const

/** A call whose answer was lost may go on at the vendor for a while. */
const lingerMs = 2_000
/** A vendor that names no time is left in peace so long. */
const pauseMs = 5_000
/** Telling Redis how a call ended must not hold its result back. */
const leaveWithinMs = 1_000

const processId = randomBytes(6).toString('hex')

/** The gate of one account. Gates of the same `key`, in whatever process, are one gate. */
export function createGate(settings: GateSettings): Gate {
  const parts = partsOf(settings)
  return {
    async enter(call, signal) {
      const deadline = Date.now() + parts.timing.longestWaitMs
      const entered = await enterInTurn(parts, call, signal, deadline)
      if (entered !== 'PROBE') return entered
      // Whatever comes of it is kept by the gate, which is asked again.
      await settings.probe!(signal).catch(() => signal.throwIfAborted())
      const again = await enterInTurn(parts, call, signal, deadline)
      if (again === 'PROBE') throw refusedEntry(settings.vendor, call.operation, 'OPEN', 1_000)
      return again
    },
    inspect: () => inspect(parts),
    async force(state) {
      await settings.run(FORCE, [parts.keys.state], [state])
      parts.wake()
    },
  }
}

/** Calls of one priority wait in one line, so that none of another stands in their way; Redis decides between the lines. */
function enterInTurn(
  parts: Parts,
  call: PendingCall,
  signal: AbortSignal,
  deadline: number,
): Promise<Permit | 'PROBE'> {
  const turns = parts.turnsOf(call)
  return turns.take(
    signal,
    () => enter(parts, turns, call, signal, deadline),
    (unused) => void (unused !== 'PROBE' && unused.leave({ ok: false })),
  )
}

function partsOf(settings: GateSettings): Parts {
  const tag = `{${settings.key}}`
  const lines = new Map<string, Turns<Permit | 'PROBE'>>()
  return {
    settings,
    turnsOf(call) {
      const name = `${priorityOf(call)} ${isUnsafe(call)}`
      const line = lines.get(name) ?? createTurns()
      lines.set(name, line)
      return line
    },
    wake: () => {
      for (const line of lines.values()) line.wake()
    },
    timing: { ...defaultTiming, ...settings.timing },
    keys: {
      state: `${tag}:state`,
      calls: `${tag}:calls`,
      hungry: `${tag}:hungry`,
      backlog: (call) => `${tag}:backlog:${priorityOf(call)}`,
      unanswered: `${tag}:unanswered`,
      to: (recipient) => `${tag}:to:${pseudonym(settings.secret, recipient)}`,
      rates: settings.limits.rates.map(({ requests, ms }) => `${tag}:rate:${requests}/${ms}`),
    },
  }
}

interface Parts {
  settings: GateSettings
  timing: GateTiming
  keys: {
    state: string
    calls: string
    hungry: string
    backlog(call: PendingCall): string
    unanswered: string
    to(recipient: string): string
    rates: string[]
  }
  turnsOf(call: PendingCall): Turns<Permit | 'PROBE'>
  /** Lets all who wait ask again. */
  wake(): void
}

const priorityOf = ({ priority = 'NORMAL' }: PendingCall) => priority
const isUnsafe = ({ repeatable = true }: PendingCall) => !repeatable

/** Personal data never reaches Redis, not even in a key. */
function pseudonym(secret: string, recipient: string): string {
  return createHmac('sha256', secret).update(recipient).digest('base64url').slice(0, 22)
}

/** Asks until there is a place; throws when it would take too long. */
async function enter(
  parts: Parts,
  turns: Turns<Permit | 'PROBE'>,
  call: PendingCall,
  signal: AbortSignal,
  deadline: number,
): Promise<Permit | 'PROBE'> {
  const { patienceMs, longestWaitMs } = parts.timing
  for (;;) {
    signal.throwIfAborted()
    const permit = `${processId}:${randomBytes(6).toString('hex')}`
    const seen = turns.wakes()
    const { verdict, waitMs } = await ask(parts, permit, call)
    if (verdict === 'GO') return permitOf(parts, permit, call)
    if (verdict === 'PROBE') return verdict
    // An answer that is not there after `patienceMs` may not come at all.
    const until = verdict === 'UNANSWERED' ? deadline - longestWaitMs + patienceMs : deadline
    const short = verdict === 'WAIT' || (isPause(verdict) && waitMs <= patienceMs)
    if (!short || Date.now() + waitMs > until)
      throw refusedEntry(parts.settings.vendor, call.operation, verdict, Math.max(waitMs, restMs(verdict)))
    await turns.woken(waitMs, signal, seen)
  }
}

const isPause = (verdict: Verdict) => verdict === 'PAUSED' || verdict === 'UNANSWERED'
const restMs = (verdict: Verdict) => (verdict === 'UNANSWERED' ? 2_000 : 0)

async function ask(
  { settings, timing, keys }: Parts,
  permit: string,
  call: PendingCall,
): Promise<{ verdict: Verdict; waitMs: number }> {
  const { connections, rates, perRecipient } = settings.limits
  const pair = call.recipient === undefined ? undefined : perRecipient
  // Not read without a pair; a script has to name a key all the same.
  const pairKey = pair ? keys.to(call.recipient!) : keys.state
  const priority = priorityOf(call)
  const mayProbe = !isUnsafe(call) || !settings.probe
  const [verdict, waitMs] = (await settings.run(
    ENTER,
    [keys.state, keys.calls, keys.hungry, keys.backlog(call), pairKey, keys.unanswered, ...keys.rates],
    [
      permit,
      processId,
      settings.leaseMs,
      connections,
      pair?.everyMs ?? 0,
      pair?.burst ?? 0,
      timing.patienceMs,
      settings.forced ?? 'NONE',
      callPriorities.indexOf(priority),
      shares[priority],
      isUnsafe(call) ? 1 : 0,
      mayProbe ? 1 : 0,
      call.kind ?? '',
      timing.failuresToOpen,
      timing.ageMs,
      timing.answerMs,
      ...rates.flatMap(({ requests, ms }) => [requests, ms]),
    ],
  )) as [Verdict, number]
  return { verdict, waitMs: Number(waitMs) }
}

function permitOf(parts: Parts, permit: string, call: PendingCall): Permit {
  return {
    async leave(end) {
      try {
        const told = await within(leaveWithinMs, leave(parts, permit, call, end))
        return told && waiting(parts, call, end, told.retryInMs)
      } catch (error) {
        // The call's own result is what matters; its place is free again when the lease ends.
        parts.settings.onError?.(error)
        return undefined
      } finally {
        parts.wake()
      }
    },
  }
}

async function leave(
  { settings, timing, keys }: Parts,
  permit: string,
  call: PendingCall,
  end: CallEnd,
): Promise<{ retryInMs: number }> {
  const error = end.ok ? undefined : end.error
  const [change, retryInMs] = (await settings.run(
    LEAVE,
    [keys.state, keys.calls, keys.unanswered, ...keys.rates],
    [
      permit,
      outcomeOf(end),
      error?.code ?? '',
      error?.retryAfterMs ?? pauseMs,
      timing.failuresToOpen,
      timing.firstCooldownMs,
      timing.longestCooldownMs,
      timing.authCooldownMs,
      mayStillRun(end) ? lingerMs : 0,
      settings.forced ?? 'NONE',
      isUnsafe(call) ? 1 : 0,
      call.kind ?? '',
      timing.longestRestMs,
      ...settings.limits.rates.map(({ ms }) => ms),
    ],
  )) as [BreakerChange['change'] | '', number]
  if (change) settings.onChange?.({ vendor: settings.vendor, change, code: error?.code ?? '' })
  return { retryInMs: Number(retryInMs) }
}

/** A failure that is harmless to repeat does not use up an attempt while the breaker is open. */
function waiting(
  { settings }: Parts,
  { operation }: PendingCall,
  end: CallEnd,
  retryInMs: number,
): VendorError | undefined {
  if (end.ok || end.error?.errorClass !== 'TRANSIENT' || retryInMs <= 0) return undefined
  return refusedEntry(settings.vendor, operation, 'OPEN', retryInMs, end.error)
}

/** Undefined when it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
