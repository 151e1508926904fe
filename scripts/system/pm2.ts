import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { envWithNode, run } from '../bootstrap/process.mjs'
import { pm2Home, root } from './paths.ts'
import { ensurePm2 } from './pm2-program.ts'
import { runNode } from './terminal.ts'

/** One process as PM2 sees it. */
export interface App {
  name: string
  pid: number
  pm2_env: {
    status: string
    restart_time: number
    /** When it was started last, in milliseconds since 1970. */
    pm_uptime: number
    pm_out_log_path: string
    pm_err_log_path: string
  }
}

/** Runs a PM2 command quietly and gives its output. Rejects with the end of the output when it fails. */
export async function pm2(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const program = await ensurePm2()
  // A process group of its own: a second Ctrl+C must not end the command that stops everything.
  return run(process.execPath, [program, ...args], { cwd: root, env: pm2Env(env), detached: true })
}

/** Runs a PM2 command in this terminal and gives its exit code. */
export async function pm2InTerminal(args: string[]): Promise<number> {
  const program = await ensurePm2()
  // Any command starts PM2's daemon; one that found none and left no app behind must not leave the daemon either.
  const afterwards = isPm2Running() ? undefined : stopIdlePm2
  return runNode([program, ...args], {
    cwd: root,
    env: pm2Env(process.env),
    ...(afterwards && { afterwards }),
  })
}

async function stopIdlePm2(): Promise<void> {
  if (isPm2Running() && (await listApps()).length === 0) await pm2(['kill'])
}

/** The processes PM2 runs for this project. */
export async function listApps(): Promise<App[]> {
  const output = await pm2(['jlist', '--silent'])
  // Remarks of PM2 may come before the list, which is the last line.
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '[]')
}

/** Does PM2's daemon run? Asking PM2 itself would start it. */
export function isPm2Running(): boolean {
  return existsSync(join(pm2Home(), 'rpc.sock'))
}

/** Cluster mode runs apps on the Node of PM2's daemon, which is the first `node` on PATH when it starts. */
function pm2Env(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(envWithNode(process.execPath, env)).filter(([name]) => !/^npm_/i.test(name))
  return { ...Object.fromEntries(own), PM2_HOME: pm2Home(), PM2_DISCRETE_MODE: 'true' }
}
