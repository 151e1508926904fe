import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Process {
  pid: number
  /** Everything it has logged. */
  log(): string
  /** Ends it and waits for its end; SIGKILL leaves no time to clean up. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts one of our entry points as a process of its own and waits until it says that it is ready. */
export async function startEntry(entry: string, env: Record<string, string>): Promise<Process> {
  const child = spawn(process.execPath, [entry], {
    cwd: root,
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let log = ''
  child.stdout!.on('data', (chunk) => {
    log += chunk
  })
  child.stderr!.on('data', (chunk) => {
    log += chunk
  })
  const gone = once(child, 'exit').then(() => {
    throw new Error(`${entry} ended before it was ready:\n${log}`)
  })
  await Promise.race([once(child, 'message'), gone])
  gone.catch(() => undefined)
  return { pid: child.pid!, log: () => log, stop: (signal = 'SIGTERM') => stop(child, signal) }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
  return child.exitCode
}

/** Settings of the shell, or of a file beside the project, must not leak into the system under test. */
function inherited(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  return { PATH, HOME, SOLARIA_SETTINGS: 'none', ...(TMPDIR && { TMPDIR }) }
}
