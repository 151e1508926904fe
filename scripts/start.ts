// npm start: the whole system on this machine, until Ctrl+C.
//   npm start -- --detach   leaves it running and ends
//   npm stop                stops the one left running
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe } from './system/dev-file.ts'
import { devFile } from './system/paths.ts'
import { wantedPort } from './system/settings.ts'
import { endSystem, useSystem } from './system/shared.ts'

const help = 'npm start [-- --detach], npm stop'
const stopping = new AbortController()

async function main(args: string[]): Promise<void> {
  if (args.includes('--stop')) return stop()
  const unknown = args.find((arg) => arg !== '--detach')
  if (unknown) throw new Error(`There is no option ${unknown}. Use: ${help}`)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())
  const stopRequested = once(stopping.signal, 'abort')
  const stays = !(await start()) || args.includes('--detach')
  console.log(
    `\n${stays ? 'npm stop' : 'Ctrl+C'} stops it.  Logs: npm run pm2 -- logs  State: npm run pm2 -- ls`,
  )
  if (stays) return
  await Promise.race([stopRequested, stoppedElsewhere()])
  if (stopping.signal.aborted) await stop()
}

/** Gives true when this command started the system. */
async function start(): Promise<boolean> {
  const { system, isOwn } = await useSystem(stopping.signal).catch((error) => {
    throw stopping.signal.aborted ? new Error('Stopped.') : error
  })
  const wanted = wantedPort(process.env)
  if (!isOwn && wanted && wanted !== Number(new URL(system.apiUrl).port))
    throw new Error(
      `It runs already, at ${system.apiUrl}. To have it on port ${wanted}: npm stop, then again.`,
    )
  console.log(`\n${isOwn ? 'Solaria Control Plane runs.' : 'Solaria Control Plane runs already.'}\n`)
  console.log(describe(system))
  return isOwn
}

/** Resolves when `npm stop` has run in another terminal. */
async function stoppedElsewhere(): Promise<void> {
  while (existsSync(devFile) && !stopping.signal.aborted) await sleep(1000)
}

async function stop(): Promise<void> {
  console.log('\nStopping …')
  await endSystem()
  console.log('Stopped.')
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`\n${error.message}`)
  process.exitCode = 1
})
