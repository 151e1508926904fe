// Preloaded with `--import` by ecosystem.config.cjs. Node strips types with a compiler that stays in memory, about 18 MB in
// each process. What is stripped once is kept in a file, so that a process that finds everything there never loads it.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, 'node_modules', '.cache', 'stripped', process.version)

registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    return { format: 'module', source: stripped(fileURLToPath(url)), shortCircuit: true }
  },
})

/** Keeps every module of the product ahead of the processes that load it, which else strip each other's work at once. */
export function stripAll() {
  for (const folder of readdirSync(root, { withFileTypes: true }).filter(isOurs))
    for (const name of readdirSync(join(root, folder.name), { recursive: true }))
      if (name.endsWith('.ts') && !name.endsWith('.test.ts')) stripped(join(root, folder.name, name))
}

const others = ['node_modules', 'bench', 'docs', 'scripts', 'test']

const isOurs = (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !others.includes(entry.name)

function stripped(file) {
  const source = readFileSync(file, 'utf8')
  return find(source) ?? keep(source)
}

const fileOf = (source) => join(kept, `${createHash('sha256').update(source).digest('hex')}.js`)

function find(source) {
  try {
    return readFileSync(fileOf(source), 'utf8')
  } catch {
    return undefined
  }
}

function keep(source) {
  const stripped = stripTypeScriptTypes(source)
  try {
    mkdirSync(kept, { recursive: true })
    const unfinished = `${fileOf(source)}.${process.pid}`
    writeFileSync(unfinished, stripped)
    renameSync(unfinished, fileOf(source))
  } catch {
    // A folder that cannot be written costs memory and nothing else.
  }
  return stripped
}
