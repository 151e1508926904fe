import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import { type AnyJobDefinition, definitionOf } from './definition.ts'
import { upcastInput } from './input.ts'
import type { JobRow } from './row.ts'
import { inTransaction, loadJobs } from './sql.ts'

interface DeadWork {
  fork: () => Em
  definitions: readonly AnyJobDefinition[]
  log: Logger
}

/**
 * Does what the definitions say of jobs that died. A row whose `check_at` is set is one that is still to be seen to, and
 * the mark goes in the transaction of the work: so it is done once, and is done again after a crash.
 */
export async function seeToDead(work: DeadWork, rows: readonly JobRow[]): Promise<void> {
  const plain = rows.filter(({ name }) => !definitionOf(work.definitions, name)?.onDead)
  await leaveAlone(
    work.fork(),
    plain.map(({ id }) => id),
  )
  for (const row of rows)
    if (!plain.includes(row))
      await seeToOne(work, row).catch((error: Error) =>
        work.log.error({ err: error, job: row.id }, 'What follows a dead job failed; it is tried again'),
      )
}

async function leaveAlone(em: Em, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await em.execute(`update job set check_at = null where state = 'DEAD' and id in ${marks(ids)}`, ids)
}

function seeToOne({ fork, definitions }: DeadWork, { id, name }: JobRow): Promise<void> {
  const definition = definitionOf(definitions, name)!
  return inTransaction(fork, async (em) => {
    const [row] = await loadJobs(em, [id], 'for update')
    if (row?.state !== 'DEAD' || !row.checkAt) return
    await definition.onDead!(em, {
      id,
      workspaceId: row.workspaceId,
      correlationId: row.correlationId,
      input: upcastInput(definition, row.input, row.inputVersion),
      errorClass: row.errorClass ?? 'STALLED',
      errorMessage: row.errorMessage ?? '',
      errorCode: await lastCode(em, row),
    })
    await leaveAlone(em, [id])
  })
}

async function lastCode(em: Em, { id, run }: JobRow): Promise<string | null> {
  const [attempt] = await em.execute<{ error_code: string | null }[]>(
    'select error_code from job_attempt where job_id = ? and run = ? order by number desc limit 1',
    [id, run],
  )
  return attempt?.error_code ?? null
}
