import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GeneratedFile } from './file.ts'

/** Folders that hold nothing but generated files: what is not generated any more has to leave them. */
const whollyGenerated = ['test/client', 'docs/examples/front-end/gql', 'docs/reference']

/** What is to be done to a file, so that it is as generated. */
export interface Change {
  path: string
  /** Undefined: it is to be removed. */
  content: string | undefined
  why: 'missing' | 'differs' | 'no longer generated'
}

/** What differs between a tree and the files generated for it. */
export function changes(root: string, files: readonly GeneratedFile[]): Change[] {
  const wrong = files.flatMap(({ path, content }): Change[] => {
    const file = join(root, path)
    if (!existsSync(file)) return [{ path, content, why: 'missing' }]
    return readFileSync(file, 'utf8') === content ? [] : [{ path, content, why: 'differs' }]
  })
  return [...wrong, ...leftovers(root, new Set(files.map(({ path }) => path)))]
}

function leftovers(root: string, known: ReadonlySet<string>): Change[] {
  return whollyGenerated
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !known.has(path))
    .map((path) => ({ path, content: undefined, why: 'no longer generated' }))
}

/** Makes a tree as it should be. */
export function apply(root: string, list: readonly Change[]): void {
  for (const { path, content } of list) {
    const file = join(root, path)
    if (content === undefined) rmSync(file, { recursive: true })
    else write(file, content)
  }
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
