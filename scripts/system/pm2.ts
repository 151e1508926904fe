import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { runNpm } from '../bootstrap/npm.mjs'
import { envWithNode, run } from '../bootstrap/process.mjs'
import { pm2Home, root } from './paths.ts'

// PM2 is AGPL: it is run as a program and never imported, and it is no dependency of this package.
const VERSION = '7.0.4'
const dir = join(root, '.tools', 'pm2')
const package_ = join(dir, 'node_modules', 'pm2')

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
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: pm2Env(process.env),
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** The processes PM2 runs for this project. */
export async function listApps(): Promise<App[]> {
  const output = await pm2(['jlist', '--silent'])
  return JSON.parse(
    output.slice(output.indexOf('[{') === -1 ? output.lastIndexOf('[]') : output.indexOf('[{')),
  )
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

async function ensurePm2(): Promise<string> {
  if (!isInstalled()) await withLock(join(root, '.tools', 'pm2.lock'), install)
  return join(package_, 'bin', 'pm2')
}

function isInstalled(): boolean {
  const file = join(package_, 'package.json')
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === VERSION
}

async function install(): Promise<void> {
  if (isInstalled()) return
  console.log(`Fetching PM2 ${VERSION} into .tools/pm2 …`)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--prefix', dir, '--no-save', '--loglevel=error', `pm2@${VERSION}`]
  await runNpm(process.execPath, args, { cwd: dir })
}
