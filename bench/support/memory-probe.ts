/** Loaded into a measured process with --import and --expose-gc: tells its memory, after collecting garbage, when asked. */

const collect = globalThis.gc

process.on('message', async (message) => {
  if (message !== 'memory') return
  for (let times = 0; times < 4; times++) {
    collect?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  process.send?.(process.memoryUsage())
})
process.channel?.unref()
