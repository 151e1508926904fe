import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLines } from '../bootstrap/process.mjs'
import { isReady } from './dev-file.ts'
import { type App, isPm2Running, listApps, pm2 } from './pm2.ts'

const READY_MS = 90_000
const LOOK_MS = 3000
const STEADY_MS = 10_000

/** Starts the apps of ecosystem.config.cjs and waits until all run and the API is ready. Gives their process ids. */
export async function startApps(env: NodeJS.ProcessEnv, apiUrl: string, signal: AbortSignal) {
  await pm2(['start', 'ecosystem.config.cjs'], env)
  await waitUntilReady(apiUrl, signal)
  const apps = await listApps()
  const names = [...new Set(apps.map((app) => app.name))]
  return Object.fromEntries(
    names.map((name) => [name, apps.filter((app) => app.name === name).map(({ pid }) => pid)]),
  )
}

/** Stops the apps, each within its own time limit, and PM2 itself. */
export async function stopApps(): Promise<void> {
  if (isPm2Running()) await pm2(['kill'])
}

async function waitUntilReady(apiUrl: string, signal: AbortSignal): Promise<void> {
  const end = Date.now() + READY_MS
  // Listing the apps costs a process, so the API is asked often and PM2 now and then.
  for (let nextLook = Date.now() + LOOK_MS; ; await sleep(200, undefined, { signal })) {
    const ready = await isReady(apiUrl)
    if (!ready && Date.now() < nextLook) continue
    nextLook = Date.now() + LOOK_MS
    const apps = await listApps()
    failOnBroken(apps)
    if (ready && apps.every(isSteady)) return
    if (Date.now() > end) throw notReady(apps, apiUrl)
  }
}

/** PM2 calls an app online from its first moment, also one that falls over again and again. */
function isSteady({ pm2_env }: App): boolean {
  const age = Date.now() - pm2_env.pm_uptime
  return pm2_env.status === 'online' && (pm2_env.restart_time === 0 || age > STEADY_MS)
}

/** An app that PM2 gave up or had to start three times will not come up by waiting. */
function failOnBroken(apps: App[]): void {
  const broken = apps.find(({ pm2_env }) => pm2_env.status === 'errored' || pm2_env.restart_time >= 3)
  if (broken) throw new Error(`The app ${broken.name} does not start. The end of its log:\n${logEnd(broken)}`)
}

function notReady(apps: App[], apiUrl: string): Error {
  const states = apps.map(({ name, pm2_env }) => `${name} ${pm2_env.status}`).join(', ')
  const api = apps.find(({ name }) => name === 'api')
  const log = api ? `\nThe end of the API's log:\n${logEnd(api)}` : ''
  return new Error(`${apiUrl} was not ready in ${READY_MS / 1000} s; apps: ${states || 'none'}.${log}`)
}

/** The last lines of an app's logs. */
export function logEnd({ pm2_env }: App): string {
  const texts = [pm2_env.pm_out_log_path, pm2_env.pm_err_log_path].map(readOr)
  return lastLines(texts.join('\n'), 15)
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
