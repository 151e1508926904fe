import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withLock } from '../bootstrap/lock.mjs'
import { run } from '../bootstrap/process.mjs'

// Debian starts a service when its package is installed, unless this program forbids it.
const POLICY = '/usr/sbin/policy-rc.d'
const SAVED = `${POLICY}.before-solaria`
// 101 = "action forbidden by policy".
const FORBID = '#!/bin/sh\nexit 101\n'

/** Installs Debian packages without starting or enabling the services they bring. */
export async function installDebianPackages(packages: string[]): Promise<void> {
  console.log(`Installing ${packages.join(', ')} with apt-get …`)
  // The lock is the machine's, not this tree's: two trees would restore each other's policy file.
  await withLock(join(tmpdir(), 'solaria-apt.lock'), () =>
    uninterrupted(async () => {
      forbidServices()
      await install(packages).finally(restoreServices)
    }),
  )
  for (const name of packages) await disableService(name)
}

async function install(packages: string[]): Promise<void> {
  // What an interrupted installation left half done would stop every later one.
  await quietly('dpkg', ['--configure', '-a'])
  await quietly('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update'])
  const options = ['-qq', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  await quietly('apt-get', ['install', ...options, ...packages])
}

/** In a process group of its own, out of reach of Ctrl+C in the terminal. */
function quietly(file: string, args: string[]): Promise<string> {
  return run(file, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, detached: true })
}

/** Puts Ctrl+C off until the work is done: dpkg stopped half-way would need repair, and the policy file would stay. */
async function uninterrupted(work: () => Promise<void>): Promise<void> {
  let caught: NodeJS.Signals | undefined
  const wait = (signal: NodeJS.Signals) => {
    caught = signal
    console.log('Stopping once the installation has ended …')
  }
  process.on('SIGINT', wait).on('SIGTERM', wait)
  await work().finally(() => process.off('SIGINT', wait).off('SIGTERM', wait))
  if (caught) process.kill(process.pid, caught)
}

function forbidServices(): void {
  if (existsSync(POLICY) && !existsSync(SAVED)) renameSync(POLICY, SAVED)
  writeFileSync(POLICY, FORBID, { mode: 0o755 })
}

function restoreServices(): void {
  rmSync(POLICY, { force: true })
  if (existsSync(SAVED)) renameSync(SAVED, POLICY)
}

/** Without this the service would start at the next boot. Machines without systemd have nothing to disable. */
async function disableService(name: string): Promise<void> {
  if (existsSync('/run/systemd/system')) await run('systemctl', ['disable', name]).catch(() => undefined)
}
