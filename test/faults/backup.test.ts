import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackupWorld, createBackupWorld, password } from '../support/backups.ts'
import { type Process, startEntry } from '../support/processes.ts'
import { type FakePrograms, fakePrograms, programsAtWork } from '../support/programs.ts'
import { until } from '../support/world.ts'

let programs: FakePrograms
let backups: BackupWorld
let worker: Process | undefined
const kills = 3

beforeAll(async () => {
  programs = await fakePrograms()
  // Slow enough to be killed in the middle; the process stays restic itself.
  await programs.put('restic', 'exec $REAL --limit-upload=6144 "$@"')
  backups = await createBackupWorld({}, { workers: false })
  const em = backups.world.fork()
  await em.execute('create table filling (id int primary key, data longblob)')
  const part = `concat(${Array.from({ length: 100 }, () => 'random_bytes(1024)').join(', ')})`
  await em.execute(`insert into filling select seq, ${part} from seq_1_to_300`)
})
afterAll(async () => {
  await worker?.stop('SIGKILL')
  await backups?.close()
  await programs?.close()
})

const startWorker = async () => {
  const env = { ...backups.env, BACKUP_FILES: 'docs', WORKER_JOBS: 'backup.daily', WORKER_LOCK_SECONDS: '1' }
  worker = await startEntry('bin/worker.ts', env)
  return worker
}

const hasSetpriv = process.env.PATH!.split(':').some((dir) => existsSync(`${dir}/setpriv`))

test.skipIf(!hasSetpriv)(
  'a worker is killed at random points of a backup: the next one takes it up, and only whole backups are in the repository (skipped without setpriv)',
  async () => {
    const random = seeded(20_260_701)
    const database = new URL(backups.world.databaseUrl).pathname.slice(1)
    const job = await backups.enqueue(5)
    for (let count = 0; count < kills; count++) {
      const { stop } = await startWorker()
      await until('it runs', async () => (await backups.world.job(job)).state === 'ACTIVE')
      await until('the dump is under way', () =>
        programsAtWork(backups.repository, database).some((command) => command.includes('mariadb-dump')),
      )
      await sleep(200 + random() * 3_000)
      await stop('SIGKILL')
      await until('no orphan works on', () => programsAtWork(backups.repository, database).length === 0)
      expect(await brokenDumps()).toEqual([])
    }
    const { log } = await startWorker()
    await backups.world.untilState(job, 'COMPLETED', 60_000)
    await backups.enqueue().then((next) => backups.world.untilState(next, 'COMPLETED', 60_000))

    const rows = await backups.world
      .fork()
      .execute<Record<'state' | 'snapshot_id' | 'files_snapshot_id', string>[]>('select * from backup')
    expect(rows.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED'])
    const { snapshots, locks } = await backups.inRepository()
    const kept = rows
      .filter((row) => !(row as Record<string, unknown>).forgotten_at)
      .flatMap((row) => [row.snapshot_id, row.files_snapshot_id])
    expect(short(snapshots)).toEqual(expect.arrayContaining(short(kept)))
    // Beside the dump and the files, what tells what is in them.
    expect(snapshots).toHaveLength(kept.length * 1.5)
    expect(locks).toEqual([])
    await backups.restic('check')
    expect(log()).not.toContain(password)
  },
  180_000,
)

/** Snapshots of dumps without their last line: what restic keeps when the worker's end looks like that of the dump. */
async function brokenDumps(): Promise<string[]> {
  const listed = await backups.restic('snapshots', '--json', '--no-lock', '--tag', 'database')
  const broken: string[] = []
  for (const { id } of JSON.parse(listed) as { id: string }[]) {
    const dump = await backups.restic('dump', '--no-lock', id, '/database.sql')
    if (!dump.trimEnd().endsWith('-- Dump completed')) broken.push(id)
  }
  return broken
}

const short = (ids: string[]) => ids.map((id) => id.slice(0, 8)).sort()

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
