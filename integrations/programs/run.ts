import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { ProgramError } from './errors.ts'

/** Programs of the system, run without a shell. Whatever is secret goes through the environment, never an argument. */

export interface ProgramCall {
  /** Names of the program, best first. */
  names: readonly string[]
  /** The package that brings it, for the error when it is missing. */
  package: string
  args: readonly string[]
  /** All of the program's environment; `PATH` is searched for it. */
  env: Readonly<Record<string, string>>
  /** Ends the program: politely first, for it has locks to give back, then by force. */
  signal: AbortSignal
}

export interface Running {
  stdin: Writable
  stdout: Readable
  pid: number
  /** Resolves once the program has ended, however it did. `stderr` holds the end of what it wrote there. */
  ended: Promise<{ exitCode: number | null; stderr: string }>
}

/** A program that does not stop when asked gets so long. */
const stubbornMs = 10_000
const keptStderr = 8_000

/**
 * Starts a program. It is killed when this process dies, even by SIGKILL: restic would take the end of its input for
 * the end of the dump and keep half of it as a good backup. Linux alone can do that, by `setpriv`.
 * @throws ProgramError when the program is not installed
 */
export function startProgram({ names, package: bringer, args, env, signal }: ProgramCall): Running {
  const program = find(names, env)
  if (!program)
    throw new ProgramError(names[0]!, {
      errorClass: 'PERMANENT',
      code: 'NOT_INSTALLED',
      meaning: `is not installed; on Debian and Ubuntu: apt-get install ${bringer}`,
    })
  const setpriv = find(['setpriv'], env)
  const [file, ...rest] = setpriv
    ? [setpriv, '--pdeathsig', 'KILL', '--', program, ...args]
    : [program, ...args]
  const child = spawn(file!, rest, { env, stdio: 'pipe' })
  // Who reads its end learns of it by `ended`; without a listener Node takes a broken pipe for a defect.
  child.stdin.on('error', () => undefined)
  return { stdin: child.stdin, stdout: child.stdout, pid: child.pid ?? 0, ended: untilEnd(child, signal) }
}

function find(names: readonly string[], { PATH = '' }: Readonly<Record<string, string>>): string | undefined {
  const paths = names.flatMap((name) => PATH.split(delimiter).map((dir) => join(dir || '.', name)))
  return paths.find((path) => existsSync(path))
}

async function untilEnd(
  child: ChildProcess,
  signal: AbortSignal,
): Promise<{ exitCode: number | null; stderr: string }> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptStderr)
  })
  let force: NodeJS.Timeout | undefined
  const stop = () => {
    child.kill('SIGINT')
    force = setTimeout(() => child.kill('SIGKILL'), stubbornMs)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    )
    return { exitCode, stderr }
  } finally {
    signal.removeEventListener('abort', stop)
    clearTimeout(force)
  }
}

/** Runs a program to its end and gives what it wrote, for programs that say little. `onLine` gets each line at once. */
export async function runProgram(
  call: ProgramCall,
  onLine: (line: string) => void = () => undefined,
): Promise<{ exitCode: number | null; stderr: string }> {
  const { stdin, stdout, ended } = startProgram(call)
  stdin.end()
  readLines(stdout, onLine)
  return ended
}

/** Calls back with each line of a stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line) onLine(line)
  })
  stream.once('end', () => rest && onLine(rest))
}
