import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lastLines } from '../bootstrap/process.mjs'
import { root } from '../system/paths.ts'
import type { WantedApp } from './pm2.ts'

const readyMs = 60_000

/**
 * Starts the API once beside the running one, on a free port, and ends it again. PM2 takes a process that is not ready in time
 * for ready, and would end the one that serves.
 * @throws with the end of its log when it does not come up
 */
export async function tryApi({ script, node_args }: WantedApp): Promise<void> {
  const child = spawn(process.execPath, [...node_args, script], {
    cwd: root,
    env: { ...process.env, OVERRIDE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'exit')
  try {
    await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(readyMs) }),
      ended.then(() => Promise.reject(new Error('it ended'))),
    ])
  } catch {
    throw new Error(
      `Nothing was reloaded. A trial of the API did not come up. The end of its log:\n${lastLines(output, 15)}`,
    )
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}
