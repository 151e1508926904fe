/** What a bench says: JSON lines on stdout for programs, remarks on stderr for people. */

/** A figure of something to compare with, measured in the same run. */
export interface Peer {
  name: string
  value: number
}

// Stdout is for results alone; MikroORM's migrator, for one, prints what it does.
console.log = console.error

/** Prints one result; without a peer, peer and ratio are null. */
export function report(bench: string, metric: string, ours: number, peer?: Peer): void {
  const ratio = peer ? round(ours / peer.value) : null
  const line = {
    bench,
    metric,
    ours: round(ours),
    peer: peer ? round(peer.value) : null,
    peerName: peer?.name ?? null,
    ratio,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** A line for people. */
export function remark(text: string): void {
  console.error(`  ${text}`)
}

/** Four significant digits: more would pretend. */
function round(value: number): number {
  return Number(value.toPrecision(4))
}

/** The value below which `share` (0–1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
