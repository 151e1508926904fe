/** What must not outlive this process, however it ends: child processes and servers. */

const endings = new Set<() => void>()

process.once('exit', () => {
  for (const end of endings) end()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Calls `end` when this process ends, unless it is taken back; `end` cannot wait for anything. */
export function atExit(end: () => void): { takeBack(): void } {
  endings.add(end)
  return { takeBack: () => void endings.delete(end) }
}
