import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLines } from '../bootstrap/process.mjs'
import { findFreePort, isFree } from './net.ts'
import { endProcess, isAlive } from './pids.ts'
import { findProgram } from './programs.ts'
import { type InstanceRecord, readRecord, writeRecord } from './record.ts'
import type { Server } from './server.ts'

/** Starts the server and waits until it serves requests. Without a port it takes its last one or a free one. */
export async function launch(server: Server, dir: string, port?: number): Promise<InstanceRecord> {
  const program = await findProgram(server.program)
  // Somebody else may take a free port between our look and the server's: then it is worth another try.
  for (let triesLeft = port === undefined ? 3 : 1; ; triesLeft--) {
    const record = await spawnServer(server, program, dir, port ?? (await choosePort(dir)))
    try {
      await waitUntilServing(server, dir, record)
      return record
    } catch (error) {
      await endProcess(record.pid, 'SIGTERM')
      if (triesLeft === 1 || !mentionsPort(dir)) throw error
    }
  }
}

async function choosePort(dir: string): Promise<number> {
  const last = readRecord(dir)?.port
  return last && (await isFree(last)) ? last : findFreePort()
}

async function spawnServer(server: Server, program: string, dir: string, port: number) {
  await server.prepare({ dir, port })
  const log = openSync(logFile(dir), 'a')
  // Its own process group, so that Ctrl+C in the terminal does not end it before those who still need it.
  const child = spawn(program, server.args({ dir, port }), { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  const record = { pid: child.pid ?? 0, port }
  writeRecord(dir, record)
  return record
}

/** Waits until the server serves requests; an error carries the end of its log. */
export async function waitUntilServing(server: Server, dir: string, { pid, port }: InstanceRecord) {
  const end = Date.now() + server.startLimitMs
  for (;;) {
    const trouble = await server.ping({ dir, port }, pid).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (!trouble) return
    if (!isAlive(pid)) throw failure(server, dir, 'ended while it was starting')
    if (Date.now() > end) throw failure(server, dir, `did not serve requests in time: ${trouble}`)
    await sleep(50)
  }
}

function failure(server: Server, dir: string, what: string): Error {
  return new Error(`${server.name} ${what}. The end of ${logFile(dir)}:\n${logEnd(dir)}`)
}

const logFile = (dir: string) => join(dir, 'log')

const logEnd = (dir: string) => lastLines(readFileSync(logFile(dir), 'utf8'), 15)

const mentionsPort = (dir: string) => /address already in use|can't start server: bind/i.test(logEnd(dir))
