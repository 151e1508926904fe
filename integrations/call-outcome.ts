// What the end of a call says about the vendor.

import type { CallEnd } from './gate.ts'

export type Outcome = 'OK' | 'FAILED' | 'THROTTLED' | 'AUTH' | 'REFUSED' | 'ABORTED'

/** What a call's end says about the vendor. A limit or a fault that concerns one person says nothing about it. */
export function outcomeOf(end: CallEnd): Outcome {
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
export function mayStillRun(end: CallEnd): boolean {
  if (end.ok) return false
  return !end.error || (end.error.status === undefined && end.error.code !== 'ECONNREFUSED')
}
