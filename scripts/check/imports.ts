import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { blank } from './blank.ts'
import { isTest, lineOf, typescriptFiles } from './files.ts'
import { codeHomes, packageHomes } from './homes.ts'
import { isWithin, refusal } from './import-table.ts'
import type { Check } from './run.ts'
import { type Specifier, specifiersOf } from './specifiers.ts'

/** Fewer files than this project ever has: something is wrong with the reading. */
const fewest = 80

export const importsCheck: Check = {
  name: 'imports',
  async run() {
    const { files, problems } = checkImports('.')
    return files < fewest ? [`only ${files} files were found`, ...problems] : problems
  },
}

interface ImportReport {
  /** How many files were read. A check that reads none finds nothing wrong. */
  files: number
  problems: string[]
}

/** Checks who imports whom, and that what has one home stays there. */
export function checkImports(root: string): ImportReport {
  const paths = typescriptFiles(root)
  return { files: paths.length, problems: paths.flatMap((path) => problemsOf(root, path)) }
}

function problemsOf(root: string, path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8')
  return [...(isTest(path) ? [] : importProblems(path, source)), ...codeProblems(path, source)]
}

function importProblems(path: string, source: string): string[] {
  return specifiersOf(source).flatMap((found) => {
    const reason = found.specifier.startsWith('.') ? folderProblem(path, found) : packageProblem(path, found)
    return reason ? [`${path}:${found.line} imports ${found.specifier}: ${reason}`] : []
  })
}

function folderProblem(path: string, { specifier, typeOnly }: Specifier): string | undefined {
  const target = posix.join(posix.dirname(path), specifier)
  if (target.startsWith('..')) return 'it is outside this project'
  return refusal(path, target, typeOnly)
}

function packageProblem(path: string, { specifier, typeOnly }: Specifier): string | undefined {
  const home = packageHomes.find(({ pattern }) => pattern.test(specifier))
  if (!home || isWithin(home.homes, path)) return undefined
  if (typeOnly && isWithin(home.types ?? [], path)) return undefined
  return `the home of ${home.what} is ${home.homes[0]}`
}

function codeProblems(path: string, source: string): string[] {
  const code = blank(source)
  return codeHomes.flatMap(({ what, pattern, homes, testsToo, textsToo }) => {
    if (isWithin(homes, path) || (isTest(path) && !testsToo)) return []
    const place = homes[0] === 'test' ? 'belongs into tests alone' : `belongs into ${homes[0]}`
    return [...(textsToo ? source : code).matchAll(pattern)].map(
      ({ index }) => `${path}:${lineOf(source, index)} ${what} ${place}`,
    )
  })
}
