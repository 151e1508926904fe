import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { healthPortMetric } from '../../runtime/health-port.ts'
import { envWithNode, run } from '../bootstrap/process.mjs'
import { root } from '../system/paths.ts'
import type { App } from '../system/pm2.ts'

/** An app of ecosystem.config.cjs. */
export interface WantedApp {
  name: string
  script: string
  node_args: string[]
}

/** A process as PM2 sees it; while its successor starts, the outgoing one of a cluster has another kind of id. */
export type RunningApp = App & {
  pm_id: number | string
  pm2_env: { pm_cwd: string; axm_monitor?: Record<string, { value: number }> }
}

export const ecosystem = join(root, 'ecosystem.config.cjs')

/** The apps there should be. */
export function wantedApps(): WantedApp[] {
  return createRequire(import.meta.url)(ecosystem).apps
}

/** Port where a process said it serves its health; undefined until it is ready. */
export const healthPortOf = ({ pm2_env }: RunningApp) => pm2_env.axm_monitor?.[healthPortMetric]?.value

/** The processes that PM2 runs from this folder. */
export async function listOurs(): Promise<RunningApp[]> {
  const output = await pm2(['jlist', '--silent'])
  const all: RunningApp[] = JSON.parse(output.trimEnd().split('\n').at(-1) || '[]')
  return all.filter(({ pm2_env }) => pm2_env.pm_cwd === root)
}

/** Runs a command of the PM2 that runs the installation. @throws with the end of its output when it fails */
export function pm2(args: string[]): Promise<string> {
  const home = process.env.PM2_HOME ?? join(homedir(), '.pm2')
  // Any command would start a daemon, which then would have nothing to do.
  if (!existsSync(join(home, 'rpc.sock')))
    throw new Error(`PM2 does not run (${home}). Run: pm2 start ecosystem.config.cjs`)
  return run(findPm2(), args, { cwd: root, env: envWithNode(process.execPath) })
}

function findPm2(): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'pm2'))
    .find((file) => existsSync(file))
  if (found) return found
  throw new Error('There is no pm2 on PATH. Run: npm install -g pm2@7.0.4')
}
