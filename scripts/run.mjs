// The door of every npm script: `node scripts/run.mjs <command> [args]`. It runs on any Node >= 18, before anything
// is installed, so it is plain JavaScript without dependencies:
//   1. find or fetch a Node that runs this project,
//   2. install the packages of package-lock.json if node_modules does not hold them,
//   3. become `node scripts/<command>.ts [args]`.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureNode } from './bootstrap/node.mjs'
import { ensurePackages } from './bootstrap/packages.mjs'
import { become, envWithNode } from './bootstrap/process.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const commands = {
  start: 'the whole system under PM2, with sandboxed vendors and demo data; Ctrl+C stops it',
  demo: 'shows the main job end to end and exits',
  test: 'the checks and every test; give file names to run only those',
  check: 'formatting, types, import rules, stale generated files',
  bench: 'measures side by side with a peer, prints JSON lines',
  generate: 'writes the generated files anew',
  migrate: 'brings the database at DATABASE_URL up to date',
  keys: 'API keys and workspaces: the first one, create, list, rotate, expire, revoke; see docs/keys.md',
  reload: 'takes changed settings and a new version, app by app; see docs/deployment.md',
  restore: 'restores a backup on an empty machine; see docs/backup-and-restore.md',
  pm2: 'PM2 as this project runs it: npm run pm2 -- ls',
  fix: 'formats the code and repairs what the linter can',
}

/** What an installation without the packages of development can do too. */
const forProduction = ['migrate', 'reload', 'restore', 'keys']

function help(command) {
  const list = Object.entries(commands).map(([name, does]) => `  ${name.padEnd(9)} ${does}`)
  const head = command ? `There is no command "${command}".` : 'Name a command.'
  return `${head} Commands (npm start, npm test, npm run <command>):\n${list.join('\n')}`
}

async function main([command, ...args]) {
  if (!Object.hasOwn(commands, command ?? '')) throw new Error(help(command))
  const script = join(root, 'scripts', `${command}.ts`)
  if (!existsSync(script)) throw new Error(`scripts/${command}.ts is missing: restore it from git.`)
  const node = await ensureNode(root)
  await ensurePackages(root, node, { production: forProduction.includes(command) })
  become(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd: root,
    env: envWithNode(node),
  })
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
