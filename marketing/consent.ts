import type { Em } from '../entities/index.ts'
import type { ConsentState } from '../entities/lead.ts'
import type { Channel } from '../entities/message.ts'
import { fromSql } from '../entities/sql.ts'

const columns: Record<Channel, string> = { EMAIL: 'email_consent', WHATSAPP: 'whatsapp_consent' }

interface Said {
  consent: ConsentState
  consentAt: Date | null
}

/**
 * Writes what a person said about being written to. Of two statements the one that was made later holds, in whatever
 * order they arrive; of two made in the same second, the no.
 * @returns what it was before, when it has changed
 */
export async function stateConsent(
  em: Em,
  leadId: string,
  channel: Channel,
  consent: 'GRANTED' | 'DENIED',
  at: Date,
): Promise<ConsentState | undefined> {
  const column = columns[channel]
  const [raw] = await em.execute<Record<string, unknown>[]>(
    `select ${column} as consent, ${column}_at as consent_at from \`lead\` where id = ? for update`,
    [leadId],
  )
  const before = raw && fromSql<Said>(raw)
  if (!before || isOlder(consent, at, before)) return undefined
  const isNew = before.consent !== consent
  await em.execute(
    `update \`lead\` set ${column} = ?, ${column}_at = ?, version = version + ? where id = ?`,
    [consent, at, isNew ? 1 : 0, leadId],
  )
  return isNew ? before.consent : undefined
}

function isOlder(consent: 'GRANTED' | 'DENIED', at: Date, said: Said): boolean {
  if (!said.consentAt) return false
  if (consent === 'DENIED') return endOfSecond(at) < said.consentAt
  return at <= (said.consent === 'DENIED' ? endOfSecond(said.consentAt) : said.consentAt)
}

/** Vendors tell the second something happened in, we its milliseconds: a no counts to the end of its second. */
export function endOfSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000 + 999)
}
