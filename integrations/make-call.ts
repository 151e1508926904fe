// Every call, whatever its protocol, goes through the account's gate and is reported.

import type { CallContext, CallReport, CallSettings } from './client.ts'
import { type Vendor, VendorError } from './errors.ts'
import type { PendingCall } from './gate.ts'

/** What is noted of a call while it is made. */
export type Seen = Pick<CallReport, 'status' | 'outcome'>

/** Whether a refusal is an answer the verb reckons with: it is thrown, but the call went well. */
export type Expects = (error: VendorError) => boolean

export interface CallOf extends PendingCall {
  vendor: Vendor
  expects?: Expects | undefined
}

/** Makes one call; `exchange` notes the status of the answer in what it is given. */
export async function makeCall<T>(
  settings: CallSettings,
  { vendor, expects = () => false, ...call }: CallOf,
  { signal, priority }: Pick<CallContext, 'signal' | 'priority'>,
  exchange: (seen: Seen) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const seen: Seen = { status: undefined, outcome: 'OK' }
  try {
    return await guarded(settings, { priority, ...call, expects }, signal, () => exchange(seen))
  } catch (error) {
    if (error instanceof VendorError) seen.status ??= error.status
    seen.outcome = outcomeOf(error, expects)
    throw error
  } finally {
    report(settings, { vendor, operation: call.operation, ms: performance.now() - started, ...seen })
  }
}

function outcomeOf(error: unknown, expects: Expects): Seen['outcome'] {
  if (!(error instanceof VendorError)) return 'ABORTED'
  return expects(error) ? 'OK' : error.errorClass
}

/** No call without a permit, no permit without a report. */
async function guarded<T>(
  { gate }: CallSettings,
  { expects, ...call }: PendingCall & { expects: Expects },
  signal: AbortSignal,
  exchange: () => Promise<T>,
): Promise<T> {
  const permit = await gate?.enter(call, signal)
  try {
    const result = await exchange()
    await permit?.leave({ ok: true })
    return result
  } catch (error) {
    const refusal = error instanceof VendorError ? error : undefined
    const ok = refusal !== undefined && expects(refusal)
    throw (await permit?.leave(ok ? { ok } : { ok, error: refusal })) ?? error
  }
}

/** A broken meter must not turn a message that was sent into a call that failed. */
function report({ onCall }: CallSettings, seen: CallReport): void {
  try {
    onCall?.(seen)
  } catch {
    // The call's own result is what matters.
  }
}
