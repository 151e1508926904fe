import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import type { TableContent } from '../../entities/backup.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { dumpDatabase } from '../../integrations/mariadb-tools/dump.ts'
import { createRestic, type Restic } from '../../integrations/restic/restic.ts'
import { nobody } from '../../marketing/lead-row.ts'
import { insertLeads } from '../../marketing/leads.ts'
import { backupTags, dumpFile } from '../../runtime/backups/open.ts'
import { createRestores, type Restores } from '../../runtime/backups/restores.ts'
import { storeManifest } from '../../workers/backup/manifest.ts'

/** For tests: a repository on disk, and backups in it that a test can spoil. */

const password = 'only for tests'

interface Settings {
  databaseUrl: string
  fork: () => Em
}

export interface Repository {
  dir: string
  password: string
  restic: Restic
  restores: Restores
  /** What its programs see of the environment. */
  env: Record<string, string>
  /** Backs up a database at rest; `spoil` is given the dump and says what is stored in its place. */
  backup(spoil?: Spoil): Promise<string>
  /** Flips a byte in the middle of the largest file of the stored data. */
  flipByte(): Promise<void>
  /** Names of the locks that are there. */
  locks(): Promise<string[]>
  close(): void
}

interface Spoil {
  dump?: (sql: string) => string
  contents?: (tables: TableContent[]) => TableContent[]
}

const never = () => new AbortController().signal

export async function makeRepository({ databaseUrl, fork }: Settings, checkSubset = ''): Promise<Repository> {
  const dir = mkdtempSync(join(tmpdir(), 'solaria-repository-'))
  const repository = join(dir, 'repository')
  const env = { PATH: process.env.PATH ?? '', HOME: dir }
  const restic = createRestic({ repository, password, env })
  await restic.open(never())
  const database = { DATABASE_URL: databaseUrl, DATABASE_POOL: 2 }
  const restores = createRestores({ restic: () => restic, database, env, checkSubset })

  async function backup({ dump = (sql) => sql, contents = (tables) => tables }: Spoil = {}): Promise<string> {
    const { sql, found } = await dumpAtRest()
    const id = newId('backup')
    const stored = restic.backupStream({ filename: dumpFile, tags: [backupTags.database, id] }, never())
    stored.stdin.write(dump(sql))
    const { snapshotId, bytesRead } = await stored.finish()
    const dumped = { snapshotId, bytesRead, contents: contents(found.tables), newestRowAt: found.newestRowAt }
    await storeManifest({ services: { restores } as never, signal: never() }, id, dumped)
    await insertBackup(fork(), id, dumped)
    return id
  }

  /** Fingerprint and dump are of the same content: nothing was written between them. */
  async function dumpAtRest() {
    for (;;) {
      const found = await restores.fingerprint(fork(), restores.database)
      const { stdout, ended } = dumpDatabase({ url: databaseUrl, env }, never())
      const [sql] = await Promise.all([text(stdout), ended])
      const after = await restores.fingerprint(fork(), restores.database)
      if (isDeepStrictEqual(found, after)) return { sql, found }
    }
  }

  async function flipByte(): Promise<void> {
    const file = largestFile(join(repository, 'data'))
    const bytes = readFileSync(file)
    bytes[Math.floor(bytes.length / 2)]! ^= 1
    await chmod(file, 0o600)
    writeFileSync(file, bytes)
  }

  return {
    dir: repository,
    password,
    restic,
    restores,
    env,
    backup,
    flipByte,
    locks: async () => readdirSync(join(repository, 'locks')),
    close: () => rmSync(dir, { recursive: true }),
  }
}

interface Dumped {
  snapshotId: string
  bytesRead: number
  contents: TableContent[]
  newestRowAt: Date | null
}

async function insertBackup(em: Em, id: string, dumped: Dumped): Promise<void> {
  const { snapshotId, bytesRead, contents, newestRowAt } = dumped
  const now = new Date()
  await em.execute(
    `insert into backup (id, job_id, state, started_at, finished_at, snapshot_id, bytes_read, contents, newest_row_at)
     values (?, ?, 'COMPLETED', ?, ?, ?, ?, ?, ?)`,
    [id, newId('job'), now, now, snapshotId, bytesRead, JSON.stringify(contents), newestRowAt],
  )
}

function largestFile(dir: string): string {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0]!
}

/** Something to back up: leads with texts that a dump has to quote. @returns their ids */
export async function addLeads(em: Em, workspaceId: string, count: number): Promise<string[]> {
  const people = Array.from({ length: count }, (_, n) => ({
    ...nobody,
    email: `person${n}@example.com`,
    firstName: `O'Neil "${n}" \\ ☀\r\n;`,
    company: 'x'.repeat(100),
    correlationId: 'test',
  }))
  const outcomes = await em.transactional((within) =>
    insertLeads(within as Em, workspaceId, people, new Date()),
  )
  return outcomes.map((outcome) => (outcome.kind === 'created' ? outcome.lead.id : outcome.leadId))
}
