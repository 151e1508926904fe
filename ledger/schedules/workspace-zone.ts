import type { Em } from '../../entities/index.ts'

/** The time zone of a workspace. */
export async function workspaceZone(em: Em, workspaceId: string): Promise<string> {
  const [row] = await em.execute<{ zone: string }[]>('select time_zone as zone from workspace where id = ?', [
    workspaceId,
  ])
  return row!.zone
}
