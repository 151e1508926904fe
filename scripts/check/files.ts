import { readdirSync } from 'node:fs'

/** Folders with nothing of ours in them. */
const foreign = new Set(['node_modules', 'coverage'])

/**
 * Every TypeScript file of a tree, as paths from its root. Git is not asked: a copy without history must pass the
 * same checks.
 */
export function typescriptFiles(root: string, folder = ''): string[] {
  const entries = readdirSync(`${root}/${folder}`, { withFileTypes: true })
  return entries
    .filter(({ name }) => !foreign.has(name) && !name.startsWith('.'))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name
      if (entry.isDirectory()) return typescriptFiles(root, path)
      return /\.[mc]?tsx?$/.test(entry.name) ? [path] : []
    })
}

/** Whether a file is part of the tests and never of the product. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || path.endsWith('.test.ts')
}

/** Number of the line that holds a position of a text. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
