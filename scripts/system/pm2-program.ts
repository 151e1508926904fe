import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { runNpm } from '../bootstrap/npm.mjs'
import { root } from './paths.ts'

// PM2 is AGPL: it is run as a program and never imported, and it is no dependency of this package.
const VERSION = '7.0.4'
const dir = join(root, '.tools', 'pm2')
const package_ = join(dir, 'node_modules', 'pm2')

/** Path of PM2's program, fetched if it is missing; unlike running a command, this starts no daemon. */
export async function ensurePm2(): Promise<string> {
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
