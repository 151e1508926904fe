import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'

/**
 * Makes node_modules hold what package-lock.json says; two commands at once install once. In `production` the packages of
 * development may be away, and are not fetched.
 */
export async function ensurePackages(root, node, { production = false } = {}) {
  if (isInstalled(root, production)) return
  await withLock(join(root, '.tools', 'packages.lock'), async () => {
    if (isInstalled(root, production)) return
    const args = ['ci', '--loglevel=error', ...(production ? ['--omit=dev'] : [])]
    console.log(`Installing packages (npm ${args.join(' ')}) …`)
    await runNpm(node, args, { cwd: root }).catch((error) => {
      throw new Error(`The packages of package-lock.json could not be installed.\n${error.message}`)
    })
    if (!production) writeFileSync(stampFile(root), lockHash(root))
  })
}

/** The stamp tells what we installed; npm's own record tells what `npm install <package>` by hand left there. */
function isInstalled(root, production) {
  return read(stampFile(root)) === lockHash(root) || recordAgrees(root, production)
}

const stampFile = (root) => join(root, 'node_modules', '.installed-lock')

const lockHash = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

function recordAgrees(root, production) {
  const record = JSON.parse(read(join(root, 'node_modules', '.package-lock.json')) ?? 'null')
  if (!record) return false
  const { '': _project, ...locked } = JSON.parse(read(join(root, 'package-lock.json'))).packages
  const known = Object.entries(record.packages).every(
    ([path, { version }]) => locked[path]?.version === version,
  )
  const may = (entry) => mayBeAbsent(entry) || (production && Boolean(entry.dev || entry.devOptional))
  return known && Object.entries(locked).every(([path, entry]) => record.packages[path] || may(entry))
}

/** Optional packages made for another machine stay away; those made for this one must be there. */
function mayBeAbsent({ optional, os, cpu, libc }) {
  const anywhere = !os && !cpu
  const here = matches(os, process.platform) && matches(cpu, process.arch) && matches(libc, 'glibc')
  return Boolean(optional) && (anywhere || !here)
}

const matches = (allowed, value) => !allowed || allowed.includes(value)

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
