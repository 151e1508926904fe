import { z } from 'zod'
import { settings } from '../../runtime/config.ts'

type Name = keyof typeof settings

/** A setting as its documentation needs it. */
export interface Setting {
  name: string
  description: string
  secret: boolean
  required: boolean
  /** Undefined when it has none; an empty text is one too. */
  default: string | undefined
  /** The values it may have, when they are few. */
  values: readonly string[] | undefined
  /** Kind of its values, in words. */
  kind: string
}

/** What JSON Schema tells about a setting; `secret` is ours. */
interface Described {
  description?: string
  default?: unknown
  secret?: boolean
  enum?: string[]
  format?: string
  minLength?: number
  minimum?: number
  maximum?: number
}

/** The table in runtime/config.ts is in this order; each group begins with the setting named here. */
const groups: readonly { title: string; first: Name }[] = [
  { title: 'Basics', first: 'NODE_ENV' },
  { title: 'API', first: 'HOST' },
  { title: 'Workers, and how every process behaves', first: 'WORKER_JOBS' },
  { title: 'Vendors', first: 'MAILCHIMP_BASE_URL' },
]

/** Every setting there is, by group. */
export function settingGroups(): { title: string; settings: Setting[] }[] {
  return groups.map(({ title, first }, index) => ({
    title,
    settings: namesBetween(first, groups[index + 1]?.first).map(describe),
  }))
}

const names = Object.keys(settings) as Name[]

function namesBetween(first: Name, next: Name | undefined): Name[] {
  return names.slice(names.indexOf(first), next && names.indexOf(next))
}

const output = z.toJSONSchema(z.object(settings), { io: 'output' }).properties as Record<Name, Described>

function describe(name: Name): Setting {
  const found = output[name]
  return {
    name,
    description: found.description ?? '',
    secret: found.secret === true,
    required: !settings[name].safeParse(undefined).success,
    default: found.default === undefined ? undefined : String(found.default),
    values: valuesOf(name, found),
    kind: kindOf(found),
  }
}

function valuesOf(name: Name, { enum: values }: Described): readonly string[] | undefined {
  return values ?? (settings[name].safeParse('off').data === false ? ['true', 'false'] : undefined)
}

const formats: Record<string, string> = { uri: 'URL', email: 'e-mail address' }

function kindOf({ format, minLength, minimum, maximum }: Described): string {
  if (minimum !== undefined) return `${minimum} to ${maximum}`
  const text = formats[format ?? ''] ?? 'text'
  return minLength && minLength > 1 ? `${text} of at least ${minLength} characters` : text
}
