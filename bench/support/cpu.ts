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

/** CPU seconds by process. */
export type CpuSeconds = Record<string, number>

/** Watches the CPU time of some processes, and of the servers. @returns tells what each has used since then */
export function watchCpu(pids: Record<string, number>): () => CpuSeconds {
  const all = Object.entries({ ...pids, ...services.pids }).map(([name, pid]) => ({
    name,
    pid,
    before: cpuOf(pid),
  }))
  return () => Object.fromEntries(all.map(({ name, pid, before }) => [name, cpuOf(pid) - before]))
}

/** `CPU µs each: api 400, …` of one or more such spans with so many operations together. */
export function showCpu(spans: readonly CpuSeconds[], operations: number): string {
  const names = Object.keys(spans[0] ?? {})
  const each = (name: string) => spans.reduce((total, span) => total + span[name]!, 0) / operations
  return `CPU µs each: ${names.map((name) => `${name} ${Math.round(each(name) * 1e6)}`).join(', ')}`
}
