import { readFileSync } from 'node:fs'
import { services } from './services.ts'

/** CPU time is what a busy machine does not falsify, so remarks give it beside the rates. Linux only. */

const ticksPerSecond = 100

/** CPU seconds a process has used so far; NaN where the system does not tell. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return Number.NaN
  }
}

/** Watches the CPU time of some processes, and of the servers. @returns tells µs per operation since then, by name */
export function watchCpu(pids: Record<string, number>): (operations: number) => string {
  const all = Object.entries({ ...pids, ...services.pids })
  const before = all.map(([, pid]) => cpuOf(pid))
  return (operations) =>
    all
      .map(
        ([name, pid], index) => `${name} ${Math.round(((cpuOf(pid) - before[index]!) / operations) * 1e6)}`,
      )
      .join(', ')
}
