import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** For tests: programs of the system that behave as a test wants, and what runs on this machine. */

export interface FakePrograms {
  /** PATH with the fake programs first. */
  path: string
  /** Puts a script of `sh` in a program's place. `$REAL` is the path of the real one. */
  put(name: string, script: string): Promise<void>
  /** Gives a program its place back. */
  takeAway(name: string): Promise<void>
  close(): Promise<void>
}

/** Makes a folder and puts it first on PATH of this process. */
export async function fakePrograms(): Promise<FakePrograms> {
  const { PATH = '' } = process.env
  const folder = await mkdtemp(join(tmpdir(), 'programs-'))
  const path = `${folder}${delimiter}${PATH}`
  process.env.PATH = path
  return {
    path,
    async put(name, script) {
      await writeFile(join(folder, name), `#!/bin/sh\nREAL=${whereIs(name, PATH)}\n${script}\n`)
      await chmod(join(folder, name), 0o755)
    },
    takeAway: (name) => rm(join(folder, name), { force: true }),
    async close() {
      process.env.PATH = PATH
      await rm(folder, { recursive: true })
    },
  }
}

function whereIs(name: string, path: string): string {
  const found = path.split(delimiter).find((dir) => existsSync(join(dir, name)))
  if (!found) throw new Error(`${name} is not installed`)
  return join(found, name)
}

/** Command lines of the processes that work on a repository or dump a database, as Linux tells them. */
export function programsAtWork(repository: string, database: string): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
    const command = readProc(entry, 'cmdline').join(' ').trim()
    const works =
      readProc(entry, 'environ').includes(`RESTIC_REPOSITORY=${repository}`) ||
      (command.includes('mariadb-dump') && command.includes(database))
    return works ? [command] : []
  })
}

/** A process may end while it is looked at. */
function readProc(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
  } catch {
    return []
  }
}
