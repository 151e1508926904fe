import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { createDatabase } from '../../test/support/database.ts'
import { checkRepositoryRoom } from './repository-room.ts'
import { beginBackup, completeBackup } from './rows.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let orm: Orm
const em = () => orm.em.fork() as Em
const mb = 1024 * 1024

beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'))
  orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
})
afterAll(async () => {
  await orm.close()
  await database.drop()
})

const check = (freeMb: number | undefined, dumpMb: number) =>
  checkRepositoryRoom(em(), {
    freeBytes: async () => (freeMb === undefined ? undefined : freeMb * mb),
    dumpBytes: async () => dumpMb * mb,
  })
const lowDisk = { code: 'LOW_DISK', errorClass: 'PERMANENT' }

it('the first backup needs as much room as the tables take, and a little in any case', async () => {
  await check(500, 500)
  await expect(check(499, 500)).rejects.toMatchObject(lowDisk)
  await check(64, 1)
  await expect(check(63, 1)).rejects.toMatchObject(lowDisk)
})

it('nothing is known of the room of a repository elsewhere, and nothing refused', async () => {
  await check(undefined, 1_000_000)
})

it('a later backup needs twice what the last one added', async () => {
  const { id } = await beginBackup(em(), newId('job'))
  const dumped = {
    snapshotId: 'abc',
    bytesRead: 500 * mb,
    bytesAdded: 100 * mb,
    contents: [],
    newestRowAt: null,
  }
  await completeBackup(em(), id, { dumped, files: undefined })
  await check(200, 500)
  await expect(check(199, 500)).rejects.toThrow(
    'The disk of the repository has 209 MB free; about 210 MB are needed',
  )
})
