import { readFileSync } from 'node:fs'
import { blank } from './blank.ts'
import { lineOf, typescriptFiles } from './files.ts'
import type { Check } from './run.ts'

/** A title names one behaviour: two tests of one title are a copy, and a failure would not say which of them it is. */
export const testTitles: Check = {
  name: 'test titles',
  run: async () => duplicateTitles('.'),
}

/** Titles, with those of the blocks around them, that more than one test of a tree carries. */
export function duplicateTitles(root: string): string[] {
  const paths = typescriptFiles(root).filter((path) => path.endsWith('.test.ts'))
  const tests = paths.flatMap((path) => titlesOf(path, readFileSync(`${root}/${path}`, 'utf8')))
  const same = Map.groupBy(tests, ({ title }) => title)
  return [...same].filter(([, { length }]) => length > 1).map(([title, found]) => describe(title, found))
}

interface Title {
  title: string
  place: string
}

function describe(title: string, found: readonly Title[]): string {
  return `"${title}" is the title of ${found.map(({ place }) => place).join(' and ')}`
}

const opening = /(?<![.\w$])(describe|test|it)(?:\s*\.\s*\w+)*\s*(?=\()/g

function titlesOf(path: string, source: string): Title[] {
  const code = blank(source)
  const calls = [...code.matchAll(opening)].flatMap((match) => callAt(source, code, match) ?? [])
  return calls
    .filter(({ kind }) => kind !== 'describe')
    .map((call) => ({
      title: [...blocksAround(calls, call), call].map(({ title }) => title).join(' > '),
      place: `${path}:${lineOf(source, call.start)}`,
    }))
}

interface Call {
  kind: string
  title: string
  start: number
  end: number
}

const blocksAround = (calls: readonly Call[], { start }: Call) =>
  calls.filter((block) => block.kind === 'describe' && block.start < start && block.end > start)

/** The call a match begins, unless its title is not written out. `test.each(cases)(title, …)` has it in a second call. */
function callAt(source: string, code: string, match: RegExpExecArray): Call | undefined {
  let open = match.index + match[0].length
  let close = closingOf(code, open)
  if (code[close + 1] === '(') [open, close] = [close + 1, closingOf(code, close + 1)]
  const [, quote] = /^\(\s*(['"`])/.exec(code.slice(open)) ?? []
  if (!quote) return undefined
  const first = code.indexOf(quote, open) + 1
  const title = source.slice(first, code.indexOf(quote, first))
  return { kind: match[1]!, title, start: match.index, end: close }
}

function closingOf(code: string, open: number): number {
  let depth = 0
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++
    else if (code[at] === ')' && --depth === 0) return at
  }
  return code.length
}
