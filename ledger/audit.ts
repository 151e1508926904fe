import { Audit } from '../entities/audit.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { insertRows } from '../entities/sql.ts'
import type { Actor } from './ledger.ts'

/** What is kept of an act whose trace is written with the job it starts. */
export interface Act {
  /** Name of the mutation. */
  action: string
  /** What it is about; the job itself when left out. */
  subjectId?: string
  reason?: string | null | undefined
}

/**
 * Keeps acts that started jobs, with one statement. A trace has the same id however often its batch is written.
 * @param acts each with the job it started
 */
export async function auditStarted(
  em: Em,
  acts: readonly { act: Act; actor: Actor; jobId: string }[],
): Promise<void> {
  const at = new Date()
  const rows = acts.map(({ act, actor, jobId }) => [
    jobId.replace(/^job_/, 'audit_'),
    actor.workspaceId,
    actor.apiKeyId ?? null,
    act.action,
    act.subjectId ?? jobId,
    act.reason?.slice(0, 500) ?? null,
    actor.correlationId,
    at,
  ])
  await insertRows(em, 'audit', columns, rows, 'on duplicate key update id = id')
}

const columns = [
  'id',
  'workspace_id',
  'api_key_id',
  'action',
  'subject_id',
  'reason',
  'correlation_id',
  'at',
] as const

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
