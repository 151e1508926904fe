import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { nearest } from './nearest.ts'

/** What a file of settings holds, and everything that is wrong with it. */
export interface SettingsFile {
  path: string
  values: Record<string, string>
  problems: string[]
}

/** Beside the project, so that a process finds it whatever environment it was started with. */
const besideProject = fileURLToPath(new URL('../solaria.env', import.meta.url))

/** What `SOLARIA_SETTINGS` is set to where no file is to be read. */
const noFile = 'none'

const anyoneElse = 0o007
const groupWrites = 0o020

/** Whether a line is a remark, or a setting whose value cannot be misread. */
const remark = /^\s*(#.*)?$/
const setting = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*('[^']*'|"[^"]*"|[^'"#]*)\s*$/

/**
 * Reads the file that `SOLARIA_SETTINGS` names, else `solaria.env` beside the project.
 * @param known names that may stand in it
 * @returns undefined when there is no such file, or `SOLARIA_SETTINGS` is `none`
 */
export function readSettingsFile(
  env: NodeJS.ProcessEnv,
  known: readonly string[],
  fallback = besideProject,
): SettingsFile | undefined {
  const named = env.SOLARIA_SETTINGS
  if (named === noFile) return undefined
  const path = named || fallback
  try {
    const text = readFileSync(path, 'utf8')
    const { values, problems } = parseSettings(text, known)
    return {
      path,
      values,
      problems: [...accessProblems(statSync(path).mode), ...problems].map(prefixed(path)),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!named && code === 'ENOENT') return undefined
    return { path, values: {}, problems: [`${path}: cannot be read (${code})`] }
  }
}

const prefixed = (path: string) => (problem: string) => `${path}: ${problem}`

/** It holds secrets, and who writes it decides what runs. */
function accessProblems(mode: number): string[] {
  const octal = (mode & 0o777).toString(8)
  if (mode & anyoneElse) return [`everyone on this machine may use it (mode ${octal}); run: chmod o= FILE`]
  return mode & groupWrites ? [`its group may write it (mode ${octal}); run: chmod g-w FILE`] : []
}

/**
 * Reads lines of `NAME=value`. Node's parser passes over what it does not understand and ends a value at a `#`, so that a
 * typing error would go unnoticed and a password would be cut; such lines are problems here.
 */
export function parseSettings(
  text: string,
  known: readonly string[],
): { values: Record<string, string>; problems: string[] } {
  const seen = new Set<string>()
  const problems: string[] = []
  const good: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (remark.test(line)) continue
    const name = setting.exec(line)?.[1]
    const problem = name ? nameProblem(name, known, seen) : `is not NAME=value; ${quoting}`
    if (problem) problems.push(`line ${index + 1} ${problem}`)
    else good.push(line)
    if (name) seen.add(name)
  }
  return { values: parseEnv(good.join('\n')) as Record<string, string>, problems }
}

const quoting = 'a value with # or quotes in it is put into quotes of the other kind'

function nameProblem(name: string, known: readonly string[], seen: ReadonlySet<string>): string | undefined {
  if (seen.has(name)) return `sets ${name} a second time`
  if (known.includes(name)) return undefined
  const meant = nearest(name, known)
  return `sets ${name}, which is no setting${meant ? `; did you mean ${meant}?` : ''}`
}
