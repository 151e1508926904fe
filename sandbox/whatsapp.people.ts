import { createHash } from 'node:crypto'

/** A person as WhatsApp names them: by phone, by user id, or both (integrations.md 5.9). */
export type Person = { waId: string | null; userId: string }

const SERVICE_WINDOW_MS = 24 * 60 * 60 * 1000

/** When people last wrote (which opens the 24 h service window; 5.4), and who wants no marketing. */
export function createPeople() {
  const lastInbound = new Map<string, number>()
  const optedOut = new Set<string>()
  return {
    wrote: ({ userId }: Person) => void lastInbound.set(userId, Date.now()),
    hasOpenWindow: ({ userId }: Person) => Date.now() - (lastInbound.get(userId) ?? 0) < SERVICE_WINDOW_MS,
    optOut: ({ userId }: Person) => void optedOut.add(userId),
    optIn: ({ userId }: Person) => void optedOut.delete(userId),
    hasOptedOut: ({ userId }: Person) => optedOut.has(userId),
  }
}

export function personBy(waId: string): Person {
  return { waId, userId: userIdOf(waId) }
}

/** The business-scoped user id of a number: invented, the same every time, another for another number. */
function userIdOf(waId: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(waId).digest('hex').slice(0, 15)}`)
  return `${waId.startsWith('34') ? 'ES' : 'US'}.${digits}`
}

/**
 * The digits of a number as WhatsApp knows it; undefined when it cannot be a phone number. Mexican mobiles have a 1 more,
 * many Brazilian ones a 9 less than people dial.
 */
export function waIdOf(phone: string): string | undefined {
  const digits = phone.replace(/[\s()+.-]/g, '')
  if (!/^[1-9]\d{6,14}$/.test(digits)) return undefined
  return digits.replace(/^52(\d{10})$/, '521$1').replace(/^55([3-9]\d)9(\d{8})$/, '55$1$2')
}
