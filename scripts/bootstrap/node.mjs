import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fits, NEEDED } from '../../bin/node-version.cjs'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { run } from './process.mjs'

const FETCHED = '22.23.3'

/** Path of a Node that runs the project: this one, else the one fetched earlier, else one fetched now. */
export async function ensureNode(root) {
  if (fits(process.version)) return process.execPath
  const dir = join(root, '.tools', 'node')
  const name = `node-${process.platform}-${process.arch}`
  const binary = join(dir, 'node_modules', name, 'bin', 'node')
  return withLock(join(root, '.tools', 'node.lock'), async () => {
    if (!(await works(binary))) await fetchNode(dir, name)
    if (!(await works(binary))) throw new Error(advice(`The one fetched into .tools/node does not run here.`))
    return binary
  })
}

async function works(binary) {
  if (!existsSync(binary)) return false
  return run(binary, ['--version']).then(
    (version) => fits(version.trim()),
    () => false,
  )
}

async function fetchNode(dir, name) {
  console.log(`This is Node ${process.version}; fetching Node ${FETCHED} into .tools/node …`)
  mkdirSync(dir, { recursive: true })
  // A package.json of its own keeps npm from climbing up to the project's.
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--prefix', dir, '--no-save', '--loglevel=error', `${name}@${FETCHED}`]
  await runNpm(process.execPath, args, { cwd: dir }).catch((error) => {
    throw new Error(advice(`It could not be fetched:\n${error.message}`))
  })
}

function advice(why) {
  return `This project needs Node ${NEEDED}; this is ${process.version}. ${why}\nInstall a Node that fits and run the command again.`
}
