import { Audit } from '../entities/audit.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { Actor } from './ledger.ts'

/** Keeps who did what by hand, in the transaction of the action itself. */
export async function audit(
  em: Em,
  { workspaceId, apiKeyId, correlationId }: Actor,
  action: string,
  subjectId: string,
  reason: string | null | undefined,
): Promise<void> {
  await em.insert(Audit, {
    id: newId('audit'),
    workspaceId,
    apiKeyId: apiKeyId ?? null,
    action,
    subjectId,
    reason: reason?.slice(0, 500) ?? null,
    correlationId,
    at: new Date(),
  })
}
