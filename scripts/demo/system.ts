import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { type DevSystem, findRunning } from '../system/dev-file.ts'
import { dataDir } from '../system/paths.ts'
import { startSystem, stopSystem } from '../system/system.ts'

export interface UsedSystem {
  system: DevSystem
  /** Whether this process started it. */
  isOwn: boolean
}

/** `npm start` takes the same lock: of two who start at once, the second finds the system of the first. */
const alone = <T>(work: () => Promise<T>) => withLock(join(dataDir, 'start.lock'), work)

/** The running system, or a new one. `signal` stops the start. */
export function useSystem(signal: AbortSignal): Promise<UsedSystem> {
  return alone(async () => {
    const running = await findRunning()
    return running ? { system: running, isOwn: false } : { system: await startOrCleanUp(signal), isOwn: true }
  })
}

async function startOrCleanUp(signal: AbortSignal): Promise<DevSystem> {
  try {
    const system = await startSystem(signal)
    signal.throwIfAborted()
    return system
  } catch (error) {
    await stopSystem()
    throw error
  }
}

/** Stops the system that `useSystem` started. */
export async function stopOwnSystem(): Promise<void> {
  console.log('\nStopping the system …')
  await alone(stopSystem)
}
