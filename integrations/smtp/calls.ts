// A call to a mail server goes through the account's gate and is reported, as `client.ts` does it for HTTP.

import type { CallContext, CallReport, CallSettings } from '../client.ts'
import { VendorError } from '../errors.ts'

export type Seen = Pick<CallReport, 'status' | 'outcome'>

/** Makes one call; `exchange` notes the status of the answer in what it is given. */
export async function makeCall<T>(
  settings: CallSettings,
  operation: string,
  context: CallContext,
  exchange: (seen: Seen) => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const seen: Seen = { status: undefined, outcome: 'OK' }
  try {
    return await guarded(settings, operation, context, () => exchange(seen))
  } catch (error) {
    seen.outcome = error instanceof VendorError ? error.errorClass : 'ABORTED'
    if (error instanceof VendorError) seen.status ??= error.status
    throw error
  } finally {
    report(settings, { vendor: 'smtp', operation, ms: performance.now() - started, ...seen })
  }
}

/** No call without a permit, no permit without a report. */
async function guarded<T>(
  { gate }: CallSettings,
  operation: string,
  { signal }: CallContext,
  exchange: () => Promise<T>,
): Promise<T> {
  const permit = await gate?.enter({ operation }, signal)
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

/** A broken meter must not turn a mail that was sent into a call that failed. */
function report({ onCall }: CallSettings, seen: CallReport): void {
  try {
    onCall?.(seen)
  } catch {
    // The call's own result is what matters.
  }
}
