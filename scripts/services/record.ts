import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './pids.ts'

/** What is known about the instance of a folder; stays when it stops, so that it comes back on the same port. */
export interface InstanceRecord {
  pid: number
  port: number
}

const fileOf = (dir: string) => join(dir, 'instance.json')

export function readRecord(dir: string): InstanceRecord | undefined {
  return existsSync(fileOf(dir)) ? JSON.parse(readFileSync(fileOf(dir), 'utf8')) : undefined
}

export function writeRecord(dir: string, record: InstanceRecord): void {
  // Others read without the lock: they must see the old record or the new one, never half of one.
  const next = `${fileOf(dir)}.next`
  writeFileSync(next, JSON.stringify(record))
  renameSync(next, fileOf(dir))
}

/** The record, if its process lives and is that server: after a reboot the id may belong to another program. */
export function runningRecord(dir: string): InstanceRecord | undefined {
  const record = readRecord(dir)
  if (!record || !isAlive(record.pid) || !isOurs(record)) return undefined
  return record
}

/** Both servers show their port in their command line. Without /proc (macOS) there is no cheap way to look. */
function isOurs({ pid, port }: InstanceRecord): boolean {
  const file = `/proc/${pid}/cmdline`
  return !existsSync('/proc/self') || readFileSync(file, 'utf8').includes(String(port))
}
