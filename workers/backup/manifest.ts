import { z } from 'zod'
import type { TableContent } from '../../entities/backup.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'

/**
 * What a backup holds, kept beside it in the repository: on an empty machine there is no database that tells. It goes when
 * the backup goes, by the id they share as a tag.
 */

const filename = 'manifest.json'
const tagsOf = (backupId: string) => ['manifest', backupId]

const manifest = z.object({
  contents: z.array(z.object({ name: z.string(), rows: z.int(), checksum: z.string() })),
  bytes: z.number(),
})
export type Manifest = z.infer<typeof manifest>

type Context = Pick<JobContext<unknown, Services>, 'services' | 'signal'>

export async function storeManifest(
  { services, signal }: Context,
  backupId: string,
  { contents, bytesRead }: { contents: TableContent[]; bytesRead: number },
): Promise<void> {
  const text = JSON.stringify({ contents, bytes: bytesRead } satisfies Manifest)
  await services.restores.store({ filename, tags: tagsOf(backupId), text }, signal)
}

/** @returns undefined for a backup that was made without one */
export async function readManifest(
  { services, signal }: Context,
  backupId: string,
): Promise<Manifest | undefined> {
  const text = await services.restores.readNewest({ filename, tags: tagsOf(backupId) }, signal)
  return text === undefined ? undefined : manifest.parse(JSON.parse(text))
}
