import type { Em } from './index.ts'

/**
 * The workspace whose vendor accounts are in the environment and which the jobs of the whole installation belong to.
 * @param slug its slug; empty: the oldest workspace
 * @returns undefined as long as there is none
 */
export async function defaultWorkspaceId(em: Em, slug: string): Promise<string | undefined> {
  const [condition, values] = slug ? ['where slug = ?', [slug]] : ['', []]
  const [row] = await em.execute<{ id: string }[]>(
    `select id from workspace ${condition} order by id limit 1`,
    values,
  )
  return row?.id
}
