import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { type DevSystem, findRunning } from './dev-file.ts'
import { dataDir } from './paths.ts'
import { startSystem, stopSystem } from './system.ts'

export interface UsedSystem {
  system: DevSystem
  /** Whether this process started it. */
  isOwn: boolean
}

/** Of two who start at once, the second finds the system of the first, or nothing left to stop. */
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

/** Stops the system of this folder, whoever started it. */
export const endSystem = (): Promise<void> => alone(stopSystem)
