import { ConsentEvent } from '../../entities/consent-event.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { ConsentChange, ConsentStatement } from './statement.ts'

/** A statement that counted, and whose. */
export type RecordedConsent = Omit<ConsentStatement, 'at' | 'consent'> &
  ConsentChange & { leadId: string; workspaceId: string }

/** Writes lines of consent histories with one statement. */
export async function recordConsents(em: Em, consents: readonly RecordedConsent[], now: Date): Promise<void> {
  if (consents.length === 0) return
  await em.insertMany(
    ConsentEvent,
    consents.map((consent) => ({
      id: newId('consentEvent'),
      workspaceId: consent.workspaceId,
      leadId: consent.leadId,
      channel: consent.channel,
      fromState: consent.from,
      toState: consent.to,
      at: consent.at,
      recordedAt: now,
      source: consent.source,
      vendor: consent.vendor ?? null,
      apiKeyId: consent.apiKeyId ?? null,
      wording: consent.wording ?? null,
      jobId: consent.jobId ?? null,
      correlationId: consent.correlationId,
    })),
  )
}
