import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './pids.ts'

// Several processes may use one instance (two test runs, a demo beside `npm start`). Each holds a lease: a file named
// after its process. The instance is stopped by whoever leaves last; leases of dead processes do not count.

const KEPT = 'kept'
let taken = 0

/** Notes that this process uses the instance. Give the result back with `returnLease`. */
export function takeLease(dir: string): string {
  mkdirSync(join(dir, 'users'), { recursive: true })
  const file = join(dir, 'users', `${process.pid}-${++taken}`)
  writeFileSync(file, '')
  return file
}

/** Gives a lease back. */
export function returnLease(file: string): void {
  rmSync(file, { force: true })
}

/** Keeps the instance running after every process that uses it has ended, until `stopKeeping`. */
export function keep(dir: string): void {
  mkdirSync(join(dir, 'users'), { recursive: true })
  writeFileSync(join(dir, 'users', KEPT), '')
}

/** Undoes `keep`. */
export function stopKeeping(dir: string): void {
  rmSync(join(dir, 'users', KEPT), { force: true })
}

/** Does any living process still use the instance, or is it kept? */
export function isUsed(dir: string): boolean {
  mkdirSync(join(dir, 'users'), { recursive: true })
  return readdirSync(join(dir, 'users')).some((name) => name === KEPT || isAlive(Number.parseInt(name, 10)))
}
