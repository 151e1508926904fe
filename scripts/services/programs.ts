import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installDebianPackages } from './apt.ts'

/** Servers live in sbin, which is not on everybody's PATH. */
const SBIN = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/bin', '/usr/local/bin']

export interface Wanted {
  /** Names of the program, best first: MariaDB's programs were renamed over time. */
  names: string[]
  /** Debian packages that bring it. */
  packages: string[]
  /** The variable that names a running server instead, if the program is one. */
  variable?: string
}

/** Path of a program: found, else installed (Debian, as root), else an error that says what to do. */
export async function findProgram(wanted: Wanted): Promise<string> {
  const found = which(wanted.names)
  if (found) return found
  if (canInstall()) await installDebianPackages(wanted.packages)
  const installed = which(wanted.names)
  if (installed) return installed
  throw new Error(
    [
      `${wanted.names[0]} was not found on PATH. ${wanted.variable ? 'Do one of these' : 'Do this'} and run the command again:`,
      `  install it        (Debian, Ubuntu: sudo apt-get install ${wanted.packages.join(' ')})`,
      ...(wanted.variable
        ? [`  use a running one (set ${wanted.variable}, for instance with the services of compose.yaml)`]
        : []),
    ].join('\n'),
  )
}

const canInstall = () => process.getuid?.() === 0 && which(['apt-get']) !== undefined

function which(names: string[]): string | undefined {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), ...SBIN]
  const paths = names.flatMap((name) => dirs.map((dir) => join(dir || '.', name)))
  return paths.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
