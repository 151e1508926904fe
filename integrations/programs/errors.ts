/** Errors of the programs that make and restore backups. Callers outside tell them by their fields, as those of vendors. */

export interface ProgramFault {
  errorClass: 'TRANSIENT' | 'PERMANENT'
  code: string
  /** What it means and what to do, without names and values. */
  meaning: string
}

/** A program that did not do its work, classified. Its message never holds passwords or addresses. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly errorClass: ProgramFault['errorClass']
  readonly code: string
  constructor(program: string, { errorClass, code, meaning }: ProgramFault) {
    super(`${program}: ${meaning}`)
    this.errorClass = errorClass
    this.code = code
  }
}

/** How a failure of a program is recognised: by its exit code or by what it wrote to stderr. */
export interface ProgramRule extends ProgramFault {
  exitCode?: number
  text?: RegExp
}

/** The rule of the exit code, else the first whose text fits; without one, what is left of the last line once values are taken out. */
function faultOf(rules: readonly ProgramRule[], exitCode: number | null, stderr: string): ProgramFault {
  const rule =
    rules.find(({ exitCode: code }) => code !== undefined && code === exitCode) ??
    rules.find(({ text }) => text?.test(stderr))
  if (rule) return rule
  const said = withoutValues(stderr.trim().split('\n').at(-1) ?? '')
  const meaning = `ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}${said && `: ${said}`}`
  return { errorClass: 'TRANSIENT', code: 'FAILED', meaning }
}

/**
 * Passes if a program ended well, and if it was stopped on purpose throws why instead of blaming the program.
 * @throws ProgramError
 */
export function checkEnd(
  program: string,
  rules: readonly ProgramRule[],
  { exitCode, stderr }: { exitCode: number | null; stderr: string },
  signal: AbortSignal,
): void {
  if (exitCode === 0) return
  signal.throwIfAborted()
  throw new ProgramError(program, faultOf(rules, exitCode, stderr))
}

/** Quoted texts, addresses and what stands before an @ may be values or passwords. */
function withoutValues(line: string): string {
  return withoutQuoted(line.replace(/n't\b/gi, 'n’t'))
    .replace(/\S*:\/\/\S+/g, '…')
    .replace(/\S+@\S+/g, '…')
    .slice(0, 200)
}

/** Quotes stand within quotes, and lines are cut off: everything from the first to the last goes, or all that follows. */
function withoutQuoted(line: string): string {
  const [first, ...others] = [...line.matchAll(/['"`]/g)].map(({ index }) => index)
  if (first === undefined) return line
  const last = others.at(-1) ?? line.length
  return `${line.slice(0, first)}…${line.slice(last + 1)}`
}
