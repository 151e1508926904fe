import { blank } from './blank.ts'
import { lineOf } from './files.ts'

/** One `import`, `export … from` or `import(…)`. */
export interface Specifier {
  specifier: string
  /** Gone at run time. `import { type A }` is not: the file is still loaded. */
  typeOnly: boolean
  line: number
}

const names = String.raw`(?:[\w$]+\s*,?\s*)?(?:\*\s*(?:as\s+[\w$]+\s*)?|\{[^}]*\}\s*)?`
const statement = String.raw`\b(?:import|export)\b\s*(type\b\s*(?!from\b))?(?:${names}from\s*)?`
const call = String.raw`\bimport\s*\(\s*`
const pattern = new RegExp(`(?<![.\\w$])(?:${call}|${statement})(?=['"\`])`, 'g')

/** What a source imports. */
export function specifiersOf(source: string): Specifier[] {
  const code = blank(source)
  return [...code.matchAll(pattern)].map((match) => {
    const start = match.index + match[0].length
    const end = code.indexOf(code.charAt(start), start + 1)
    return {
      specifier: source.slice(start + 1, end),
      typeOnly: match[1] !== undefined,
      line: lineOf(source, match.index),
    }
  })
}
