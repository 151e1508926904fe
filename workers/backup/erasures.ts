import { z } from 'zod'
import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Tombstone } from '../../marketing/erasure.ts'
import type { Services } from '../../runtime/services.ts'

/**
 * Tombstones of erased leads, kept beside the backups: a database restored from an older backup has to forget them
 * again, also when the one that knows of them is lost. They hold ids and times, nothing personal.
 */

const kept = { filename: 'erasures.json', tags: ['erasures'] }

const file = z.array(
  z.object({
    leadId: z.string(),
    workspaceId: z.string(),
    at: z.iso.datetime().transform((at) => new Date(at)),
  }),
)

type Context = Pick<JobContext<unknown, Services>, 'em' | 'services' | 'signal'>

/** Keeps all tombstones there are in the repository. It is repeated safely; the newest copy counts. */
export async function storeErasures({ em, services, signal }: Context): Promise<void> {
  const tombstones = await tombstonesIn(em)
  await services.restores.store({ ...kept, text: JSON.stringify(tombstones) }, signal)
}

/** Tombstones of the database in use and of the newest copy in the repository, each lead once, oldest first. */
export async function readErasures({ em, services, signal }: Context): Promise<Tombstone[]> {
  const stored = await storedErasures(services, signal)
  const byLead = new Map([...stored, ...(await tombstonesIn(em))].map((each) => [each.leadId, each]))
  return [...byLead.values()].sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** What the newest copy in the repository holds; nothing when nobody was ever erased. */
export async function storedErasures(services: Services, signal: AbortSignal): Promise<Tombstone[]> {
  const text = await services.restores.readNewest(kept, signal)
  return text === undefined ? [] : file.parse(JSON.parse(text))
}

async function tombstonesIn(em: Em): Promise<Tombstone[]> {
  const rows = await em.execute<Record<string, unknown>[]>('select lead_id, workspace_id, at from erasure')
  return rows.map((row) => fromSql<Tombstone>(row))
}
