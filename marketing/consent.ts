import type { Em } from '../entities/index.ts'
import type { ConsentState } from '../entities/lead.ts'
import type { Channel } from '../entities/message.ts'

const columns: Record<Channel, string> = { EMAIL: 'email_consent', WHATSAPP: 'whatsapp_consent' }

/**
 * Writes what a person said about being written to. Of two statements the one that was made later holds, in whatever
 * order they arrive; of two made at the same time, the no.
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
  const older = consent === 'DENIED' ? '<=' : '<'
  const [before] = await em.execute<{ consent: ConsentState }[]>(
    `select ${column} as consent from \`lead\`
     where id = ? and (${column}_at is null or ${column}_at ${older} ?) for update`,
    [leadId, at],
  )
  if (!before) return undefined
  const isNew = before.consent !== consent
  await em.execute(
    `update \`lead\` set ${column} = ?, ${column}_at = ?, version = version + ? where id = ?`,
    [consent, at, isNew ? 1 : 0, leadId],
  )
  return isNew ? before.consent : undefined
}
