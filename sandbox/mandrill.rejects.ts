import { refuse } from './mandrill.errors.ts'
import { timeText } from './mandrill.times.ts'

export type Reject = {
  email: string
  reason: string
  detail: string
  created_at: string
  last_event_at: string
  expires_at: string | null
  expired: boolean
  sender: null
  subaccount: null
}

/** Local parts at `bounce.example` that are refused, and why (integrations.md 4.2). */
const refusedStarts: [start: string, reason: string][] = [
  ['hardbounce', 'hard-bounce'],
  ['softbounce', 'soft-bounce'],
  ['spam', 'spam'],
  ['unsub', 'unsub'],
  ['reject', 'custom'],
  ['custom', 'custom'],
  ['invalidsender', 'invalid-sender'],
  ['invalid', 'invalid'],
  ['testlimit', 'test-mode-limit'],
  ['unsigned', 'unsigned'],
  ['rule', 'rule'],
]

/**
 * The account's list of addresses that get no more mail. `changed` hears of every change; it becomes
 * the sync event of a webhook.
 */
export function createRejects(changed: (action: 'add' | 'change' | 'remove', reject: Reject) => void) {
  const rejects = new Map<string, Reject>()
  const keyOf = (email: string) => email.toLowerCase()

  /** True when the address was not listed before. */
  function add(email: string, reason: string, detail = ''): boolean {
    const known = rejects.get(keyOf(email))
    const now = timeText(Date.now())
    const fixed = { expires_at: null, expired: false, sender: null, subaccount: null }
    const created_at = known?.created_at ?? now
    const reject = { email: keyOf(email), reason, detail, created_at, last_event_at: now, ...fixed }
    rejects.set(keyOf(email), reject)
    changed(known ? 'change' : 'add', reject)
    return known === undefined
  }

  return {
    add,
    all: () => [...rejects.values()],
    list: (email: string | undefined) =>
      [...rejects.values()].filter((each) => email === undefined || each.email === keyOf(email)),
    remove(email: string): void {
      const absent = () =>
        refuse('Invalid_Reject', `The email address '${email}' is not in the rejection list`)
      const reject = rejects.get(keyOf(email)) ?? absent()
      rejects.delete(keyOf(email))
      changed('remove', reject)
    },
    /** Why an address gets no mail; null = it does. */
    reasonAgainst(email: string): string | null {
      const [local = '', domain] = keyOf(email).split('@')
      const listed = rejects.get(keyOf(email))
      if (listed || domain !== 'bounce.example') return listed?.reason ?? null
      return refusedStarts.find(([start]) => local.startsWith(start))?.[1] ?? null
    },
  }
}
