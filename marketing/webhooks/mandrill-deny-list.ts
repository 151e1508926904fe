import type { Em } from '../../entities/index.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { normaliseEmail } from '../identity.ts'
import { lift, ownWords, suppress } from '../suppression.ts'
import { type Cause, statementOf } from './cause.ts'
import { fields, seconds, text } from './read.ts'

/** Mandrill's reasons to refuse an address. The others are faults of the sender, or pass by themselves. */
export const denyReasons: Record<string, SuppressionReason> = {
  'hard-bounce': 'HARD_BOUNCE',
  spam: 'COMPLAINT',
  unsub: 'UNSUBSCRIBED',
  custom: 'OPERATOR',
}

const shape = fields({
  type: text,
  action: text,
  ts: seconds,
  reject: fields({ email: text, reason: text }),
})

/**
 * Follows a change of Mandrill's own list of addresses it refuses. What a person said themselves is not undone by taking
 * the address off that list.
 */
export async function applyDenyList(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const { type, action, ts, reject } = shape.parse(body)
  const address = normaliseEmail(reject.email ?? '')
  const reason = denyReasons[reject.reason ?? '']
  if (type !== 'blacklist' || !address.ok || !reason || !ts) return false
  const statement = statementOf(cause, 'EMAIL', address.value, ts)
  if (action === 'add' || action === 'change') await suppress(em, statement, reason)
  else if (action === 'remove' && !ownWords.includes(reason)) await lift(em, statement, [reason])
  else return false
  return true
}
