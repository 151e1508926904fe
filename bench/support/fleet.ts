import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../scripts/bootstrap/process.mjs'
import { root } from '../../scripts/system/paths.ts'
import { ensurePm2 } from '../../scripts/system/pm2-program.ts'
import { atExit } from './at-exit.ts'

/** One process of the fleet. */
export interface Member {
  name: string
  pid: number
}

/** The apps of ecosystem.config.cjs under a PM2 of the bench's own, so that a running `npm start` is left alone. */
export interface Fleet {
  members: Member[]
  /** PM2 itself. */
  daemon: number
  stop(): Promise<void>
}

/** Starts all apps, the sandbox among them, and waits until each has said that it is ready. */
export async function startFleet(env: NodeJS.ProcessEnv): Promise<Fleet> {
  const program = await ensurePm2()
  // Unix sockets have short names only.
  const home = mkdtempSync(join(tmpdir(), 'solaria-bench-pm2-'))
  const options = { cwd: root, env: { ...process.env, ...env, PM2_HOME: home, PM2_DISCRETE_MODE: 'true' } }
  const ask = (...args: string[]) => run(process.execPath, [program, ...args], options)
  const clear = () => rmSync(home, { recursive: true, force: true })
  const stop = async () => {
    await ask('kill')
    clear()
    orphan.takeBack()
  }
  const orphan = atExit(() => {
    spawnSync(process.execPath, [program, 'kill'], options)
    clear()
  })
  try {
    await ask('start', 'ecosystem.config.cjs')
    const output = await ask('jlist', '--silent')
    const apps = JSON.parse(output.slice(output.indexOf('[{'))) as {
      name: string
      pid: number
      pm2_env: { status: string }
    }[]
    const broken = apps.filter(({ pm2_env }) => pm2_env.status !== 'online')
    if (broken.length > 0) throw new Error(`PM2 could not start ${broken.map(({ name }) => name).join(', ')}`)
    return {
      members: apps.map(({ name, pid }) => ({ name, pid })),
      daemon: Number(readFileSync(join(home, 'pm2.pid'), 'utf8')),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Resident memory of a process in MB, or its proportional share where several map the same files (Linux). */
export function memoryOf(pid: number, what: 'rss' | 'pss' = 'rss'): number {
  if (what === 'rss') return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)]).stdout) / 1_024
  const file = `/proc/${pid}/smaps_rollup`
  if (!existsSync(file)) return Number.NaN
  return Number(/^Pss: +(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]) / 1_024
}
