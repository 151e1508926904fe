// The gate over Redis: every process that uses an account asks the same keys.

import { createHmac, randomBytes } from 'node:crypto'
import type { Vendor, VendorError } from './errors.ts'
import type { AccountStatus, BreakerChange, CallEnd, Forced, Gate, PendingCall, Permit } from './gate.ts'
import { ENTER, FORCE, INSPECT, LEAVE } from './gate-scripts.ts'
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
  /** A wait longer than this is spent outside the worker: the job is put back. */
  patienceMs: number
  /** Longest time in this process's queue. */
  longestWaitMs: number
}

const defaultTiming: GateTiming = {
  failuresToOpen: 5,
  firstCooldownMs: 5_000,
  longestCooldownMs: 30_000,
  authCooldownMs: 60_000,
  patienceMs: 2_000,
  longestWaitMs: 10_000,
}

/** A call whose answer was lost may go on at the vendor for a while. */
const lingerMs = 2_000
/** A vendor that names no time is left in peace so long. */
const pauseMs = 5_000
/** Telling Redis how a call ended must not hold its result back. */
const leaveWithinMs = 1_000

const processId = randomBytes(6).toString('hex')

/** The gate of one account. Gates of the same `key`, in whatever process, are one gate. */
export function createGate(settings: GateSettings): Gate {
  const turns = createTurns<Permit>()
  const parts = partsOf(settings, turns)
  return {
    enter(call, signal) {
      const deadline = Date.now() + parts.timing.longestWaitMs
      return turns.take(
        signal,
        () => enter(parts, call, signal, deadline),
        (unused) => void unused.leave({ ok: false }),
      )
    },
    inspect: () => inspect(parts),
    async force(state) {
      await settings.run(FORCE, [parts.keys.state], [state])
      turns.wake()
    },
  }
}

function partsOf(settings: GateSettings, turns: Turns<Permit>): Parts {
  const tag = `{${settings.key}}`
  return {
    settings,
    turns,
    timing: { ...defaultTiming, ...settings.timing },
    keys: {
      state: `${tag}:state`,
      calls: `${tag}:calls`,
      hungry: `${tag}:hungry`,
      backlog: `${tag}:backlog`,
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
    backlog: string
    to(recipient: string): string
    rates: string[]
  }
  turns: Turns<Permit>
}

/** Personal data never reaches Redis, not even in a key. */
function pseudonym(secret: string, recipient: string): string {
  return createHmac('sha256', secret).update(recipient).digest('base64url').slice(0, 22)
}

/** Asks until there is a place; throws when it would take too long. */
async function enter(
  parts: Parts,
  call: PendingCall,
  signal: AbortSignal,
  deadline: number,
): Promise<Permit> {
  for (;;) {
    signal.throwIfAborted()
    const permit = `${processId}:${randomBytes(6).toString('hex')}`
    const seen = parts.turns.wakes()
    const { verdict, waitMs } = await ask(parts, permit, call)
    if (verdict === 'GO') return permitOf(parts, permit, call)
    const { patienceMs } = parts.timing
    const short = verdict === 'WAIT' || (verdict === 'PAUSED' && waitMs <= patienceMs)
    if (!short || Date.now() + waitMs > deadline)
      throw refusedEntry(parts.settings.vendor, call.operation, verdict, waitMs)
    await parts.turns.woken(waitMs, signal, seen)
  }
}

async function ask(
  { settings, timing, keys }: Parts,
  permit: string,
  { recipient }: PendingCall,
): Promise<{ verdict: Verdict; waitMs: number }> {
  const { connections, rates, perRecipient } = settings.limits
  const pair = recipient === undefined ? undefined : perRecipient
  // Not read without a pair; a script has to name a key all the same.
  const pairKey = pair ? keys.to(recipient!) : keys.state
  const [verdict, waitMs] = (await settings.run(
    ENTER,
    [keys.state, keys.calls, keys.hungry, keys.backlog, pairKey, ...keys.rates],
    [
      permit,
      processId,
      settings.leaseMs,
      connections,
      pair?.everyMs ?? 0,
      pair?.burst ?? 0,
      timing.patienceMs,
      settings.forced ?? 'NONE',
      ...rates.flatMap(({ requests, ms }) => [requests, ms]),
    ],
  )) as [Verdict, number]
  return { verdict, waitMs: Number(waitMs) }
}

function permitOf(parts: Parts, permit: string, call: PendingCall): Permit {
  return {
    async leave(end) {
      try {
        const told = await within(leaveWithinMs, leave(parts, permit, end))
        return told && waiting(parts, call, end, told.retryInMs)
      } catch (error) {
        // The call's own result is what matters; its place is free again when the lease ends.
        parts.settings.onError?.(error)
        return undefined
      } finally {
        parts.turns.wake()
      }
    },
  }
}

async function leave(
  { settings, timing, keys }: Parts,
  permit: string,
  end: CallEnd,
): Promise<{ retryInMs: number }> {
  const error = end.ok ? undefined : end.error
  const [change, retryInMs] = (await settings.run(
    LEAVE,
    [keys.state, keys.calls, ...keys.rates],
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
      ...settings.limits.rates.map(({ ms }) => ms),
    ],
  )) as [BreakerChange['change'] | '', number]
  if (change) settings.onChange?.({ vendor: settings.vendor, change, code: error?.code ?? '' })
  return { retryInMs: Number(retryInMs) }
}

type Outcome = 'OK' | 'FAILED' | 'THROTTLED' | 'AUTH' | 'REFUSED' | 'ABORTED'

/** What a call's end says about the vendor. A limit or a fault that concerns one person says nothing about it. */
function outcomeOf(end: CallEnd): Outcome {
  if (end.ok) return 'OK'
  const { error } = end
  if (!error) return 'ABORTED'
  if (error.code === 'ABORTED') return 'ABORTED'
  if (error.throttleScope === 'recipient') return 'REFUSED'
  switch (error.errorClass) {
    case 'TRANSIENT':
    case 'UNKNOWN':
      return 'FAILED'
    case 'THROTTLED':
      return 'THROTTLED'
    case 'AUTH':
      // 403 forbids one kind of call; the account itself may be well.
      return error.status === 403 ? 'REFUSED' : 'AUTH'
    default:
      return 'REFUSED'
  }
}

/** No answer came, though the request may have: the vendor may still be at it. */
function mayStillRun(end: CallEnd): boolean {
  if (end.ok) return false
  return !end.error || (end.error.status === undefined && end.error.code !== 'ECONNREFUSED')
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

async function inspect({ settings, keys }: Parts): Promise<AccountStatus> {
  const seen = (await settings.run(INSPECT, [keys.state, keys.calls, ...keys.rates], [])) as (
    | string
    | number
  )[]
  const { connections, rates } = settings.limits
  const [now, calls] = [Number(seen[0]), Number(seen[1])]
  const fields = fieldsOf(seen.slice(2 + rates.length))
  const at = (name: string) => (fields[name] ? new Date(Number(fields[name])) : undefined)
  const breaker = (fields.breaker ?? 'CLOSED') as 'CLOSED' | 'OPEN' | 'AUTH'
  const due = Number(fields.retryAt ?? 0) <= now
  return {
    breaker: breaker !== 'CLOSED' && due ? 'HALF_OPEN' : breaker,
    forced: (fields.forced ?? settings.forced ?? 'NONE') as Forced,
    changedAt: at('changedAt'),
    retryAt: breaker === 'CLOSED' ? undefined : at('retryAt'),
    lastSuccessAt: at('lastSuccessAt'),
    lastErrorAt: at('lastErrorAt'),
    lastError: fields.lastError,
    callsUnderWay: calls,
    connections,
    quotas: rates.map((rate, index) => ({ ...rate, used: Number(seen[2 + index]) })),
  }
}

function fieldsOf(flat: (string | number)[]): Record<string, string> {
  const pairs = flat.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), String(flat[index + 1])]] : [],
  )
  return Object.fromEntries(pairs)
}
