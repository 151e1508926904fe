import type { ConsentState } from '../../entities/lead.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'

/** What a person wants on one channel, everything that was said taken together. */
export interface Wish {
  wants: 'YES' | 'NO' | 'UNKNOWN'
  /** When it was said; of several reasons for a no, the latest. Null when nothing was said. */
  at: Date | null
  /** Whether the person said the no, and not only an operator or a mail server. */
  own: boolean
  /** Whether the person may take the no back by signing up again: nothing else speaks against it. */
  revocable: boolean
}

interface Said {
  consent: ConsentState
  consentAt: Date | null
}

interface Against {
  reason: SuppressionReason
  at: Date
}

/** What an operator or a mail server says about an address; it says nothing about what the person wants. */
const notOwn: readonly SuppressionReason[] = ['HARD_BOUNCE', 'UNREACHABLE', 'OPERATOR']

/** What signing up again takes back. */
const takenBack: readonly SuppressionReason[] = ['UNSUBSCRIBED', 'STOP_WORD']

/** Any suppression of the address is a no, whatever the consent says. */
export function wishOf({ consent, consentAt }: Said, suppressions: readonly Against[]): Wish {
  const denied = consent === 'DENIED'
  if (!denied && suppressions.length === 0) {
    const wants = consent === 'GRANTED' ? 'YES' : 'UNKNOWN'
    return { wants, at: consentAt, own: false, revocable: false }
  }
  const times = [...(denied && consentAt ? [consentAt] : []), ...suppressions.map(({ at }) => at)]
  return {
    wants: 'NO',
    at: times.length > 0 ? new Date(Math.max(...times.map((at) => at.getTime()))) : null,
    own: denied || suppressions.some(({ reason }) => !notOwn.includes(reason)),
    revocable: suppressions.every(({ reason }) => takenBack.includes(reason)),
  }
}

/** The consent that vendors are told: a suppressed address is one that nothing may be sent to. */
export function consentOf({ wants }: Wish): ConsentState {
  return ({ YES: 'GRANTED', NO: 'DENIED', UNKNOWN: 'UNKNOWN' } as const)[wants]
}
