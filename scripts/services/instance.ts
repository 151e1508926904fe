import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { launch, waitUntilServing } from './launch.ts'
import { isUsed, keep, returnLease, stopKeeping, takeLease } from './leases.ts'
import { endProcess } from './pids.ts'
import { type InstanceRecord, readRecord, runningRecord } from './record.ts'
import type { Server } from './server.ts'

/** A running server of ours. Stopping and starting it keeps its port and its data. */
export interface Instance {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Starts it again after `stop`; does nothing while it runs. */
  start(): Promise<void>
  /** Stops it whoever uses it, cleanly unless another signal is given, and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Tells that this process needs it no more; the last one to say so stops it. */
  release(): Promise<void>
}

/** Starts the server in `dir`, or joins the instance that already runs there. */
export async function openInstance(server: Server, dir: string, kept = false): Promise<Instance> {
  mkdirSync(dir, { recursive: true })
  const lease = takeLease(dir)
  const locked = <T>(work: () => Promise<T>) => withLock(join(dir, 'start.lock'), work)
  const start = (port?: number) => locked(() => startOrJoin(server, dir, port))
  const { port } = await start().catch((error) => {
    returnLease(lease)
    throw error
  })
  if (kept) keep(dir)
  return {
    url: server.url({ dir, port }),
    port,
    get pid() {
      return readRecord(dir)?.pid ?? 0
    },
    start: async () => void (await start(port)),
    stop: (signal) => locked(() => stop(dir, signal)),
    release: () => {
      returnLease(lease)
      return locked(() => stopUnused(dir))
    },
  }
}

/** Stops an instance that was kept running, unless a living process uses it. */
export async function closeKept(dir: string): Promise<void> {
  if (!existsSync(dir)) return
  stopKeeping(dir)
  await withLock(join(dir, 'start.lock'), () => stopUnused(dir))
}

async function startOrJoin(server: Server, dir: string, port?: number): Promise<InstanceRecord> {
  const running = runningRecord(dir)
  if (!running) return launch(server, dir, port)
  await waitUntilServing(server, dir, running)
  return running
}

async function stopUnused(dir: string): Promise<void> {
  if (!isUsed(dir)) await stop(dir)
}

async function stop(dir: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const running = runningRecord(dir)
  if (running) await endProcess(running.pid, signal)
}
