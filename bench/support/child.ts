import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/system/paths.ts'
import { atExit } from './at-exit.ts'

const logDir = join(root, '.data', 'bench', 'log')

/** A process under measurement. */
export interface Child {
  pid: number
  /** Sends a message and gives the answer. */
  ask<Answer>(message: unknown): Promise<Answer>
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>
}

export interface ChildOptions {
  env?: NodeJS.ProcessEnv
  args?: string[]
  /** Options of Node itself. */
  nodeArgs?: string[]
}

/**
 * Starts `node <file>` (relative to the project) and waits until it says `ready`, as it would say to PM2. What it prints
 * goes to `.data/bench/log`. With BENCH_PROFILE set to a folder, a CPU profile of it is written there when it ends.
 */
export async function startChild(
  file: string,
  { env = {}, args = [], nodeArgs = [] }: ChildOptions = {},
): Promise<Child> {
  mkdirSync(logDir, { recursive: true })
  const log = openSync(join(logDir, `${file.replaceAll('/', '-')}.log`), 'a')
  const child = spawn(process.execPath, [...profileArgs(file), ...nodeArgs, join(root, file), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log, 'ipc'],
  })
  const ended = once(child, 'exit')
  const orphan = atExit(() => child.kill('SIGTERM'))
  const ready = nextMessage(child)
  const first = await Promise.race([ready, ended.then(() => 'ended' as const)])
  if (first === 'ended') throw new Error(`${file} ended while it was starting; see ${logDir}`)
  return {
    pid: child.pid!,
    ask: async <Answer>(message: unknown) => {
      const answer = nextMessage(child)
      child.send(message as string)
      return (await answer) as Answer
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      orphan.takeBack()
    },
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message')
  return message
}

function profileArgs(file: string): string[] {
  const dir = process.env.BENCH_PROFILE
  if (!dir) return []
  return [
    '--cpu-prof',
    `--cpu-prof-dir=${dir}`,
    `--cpu-prof-name=${file.replaceAll('/', '-')}.${Date.now()}.cpuprofile`,
  ]
}
