// Every call, whatever its protocol, goes through the account's gate and is reported.

import type { CallContext, CallReport, CallSettings } from './client.ts'
import { type Vendor, VendorError } from './errors.ts'
import type { PendingCall } from './gate.ts'

/** What is noted of a call while it is made. */
export type Seen = Pick<CallReport, 'status' | 'outcome'>

export interface CallOf extends PendingCall {
  vendor: Vendor
}

/** Makes one call; `exchange` notes the status of the answer in what it is given. */
export async function makeCall<T>(
  settings: CallSettings,
  { vendor, operation, recipient }: CallOf,
  { signal }: Pick<CallContext, 'signal'>,
  exchange: (seen: Seen) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const seen: Seen = { status: undefined, outcome: 'OK' }
  try {
    return await guarded(settings, { operation, recipient }, signal, () => exchange(seen))
  } catch (error) {
    seen.outcome = error instanceof VendorError ? error.errorClass : 'ABORTED'
    if (error instanceof VendorError) seen.status ??= error.status
    throw error
  } finally {
    report(settings, { vendor, operation, ms: performance.now() - started, ...seen })
  }
}

/** No call without a permit, no permit without a report. */
async function guarded<T>(
  { gate }: CallSettings,
  call: PendingCall,
  signal: AbortSignal,
  exchange: () => Promise<T>,
): Promise<T> {
  const permit = await gate?.enter(call, signal)
  try {
    const result = await exchange()
    await permit?.leave({ ok: true })
    return result
  } catch (error) {
    if (error instanceof VendorError) throw (await permit?.leave({ ok: false, error })) ?? error
    await permit?.leave({ ok: false })
    throw error
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
