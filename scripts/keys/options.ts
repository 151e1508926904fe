import { parseArgs } from 'node:util'
import { type Permission, permissions, type Role, roles } from '../../entities/api-key.ts'

/** A command line that cannot be understood. */
export class OptionError extends Error {}

const optionTypes = {
  workspace: { type: 'string' },
  name: { type: 'string' },
  role: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  at: { type: 'string' },
  overlap: { type: 'string' },
  slug: { type: 'string' },
  'time-zone': { type: 'string' },
  'workspace-name': { type: 'string' },
  reason: { type: 'string' },
  all: { type: 'boolean' },
  another: { type: 'boolean' },
  'even-if-last': { type: 'boolean' },
} as const

export type Options = ReturnType<typeof readOptions>['options']

/** What a command is given: the words after its name, and its options. */
export interface Given {
  words: string[]
  options: Options
}

/** Reads a command line. @throws OptionError */
export function readOptions(args: string[]) {
  try {
    const { positionals, values } = parseArgs({ args, options: optionTypes, allowPositionals: true })
    return { words: positionals, options: values }
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
}

/** @throws OptionError */
export function roleIn(text: string | undefined): Role {
  const role = roles.find((each) => each === text?.toUpperCase())
  if (!role) throw new OptionError(`--role is one of ${roles.join(', ')}`)
  return role
}

/** @throws OptionError */
export function scopesIn(text: string | undefined): Permission[] | null {
  if (text === undefined) return null
  return text.split(',').map((part) => {
    const scope = permissions.find((each) => each === part.trim())
    if (!scope) throw new OptionError(`--scopes has "${part}"; there are: ${permissions.join(', ')}`)
    return scope
  })
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * A point in time: `90d`, `24h` or `30m` from now, `now`, `never` (null), or a date such as 2027-01-31 or 2027-01-31T12:00Z.
 * @throws OptionError
 */
export function timeIn(option: string, text: string, now: Date): Date | null {
  if (text === 'never') return null
  if (text === 'now') return now
  const span = /^(\d{1,5})([mhd])$/.exec(text)
  if (span) return new Date(now.getTime() + Number(span[1]) * unitMs[span[2] as keyof typeof unitMs])
  if (/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) && isDay(text.slice(0, 10))) {
    const time = new Date(text)
    if (!Number.isNaN(time.getTime())) return time
  }
  throw new OptionError(`${option} is like 90d, 24h, 30m, 2027-01-31, 2027-01-31T12:00Z, now or never`)
}

/** JavaScript takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}
