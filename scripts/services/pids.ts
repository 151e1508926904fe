import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Is a process with this id running? One that has ended but was not collected by its parent counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function isZombie(pid: number): boolean {
  try {
    // "pid (name) state …"; the name may hold spaces and brackets, so look behind the last bracket.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') ?? false
  } catch {
    return false
  }
}

/** Sends the signal, waits for the end of the process, and ends it by force when it takes longer than the limit. */
export async function endProcess(pid: number, signal: NodeJS.Signals, limitMs = 30_000): Promise<void> {
  send(pid, signal)
  if (await endsWithin(pid, limitMs)) return
  send(pid, 'SIGKILL')
  if (!(await endsWithin(pid, 5000))) throw new Error(`Process ${pid} does not end, not even by SIGKILL.`)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function endsWithin(pid: number, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs
  while (isAlive(pid)) {
    if (Date.now() > end) return false
    await sleep(25)
  }
  return true
}
