import { z } from 'zod'
import { settings } from '../../runtime/config.ts'
import { code, document, type GeneratedFile, notice, table } from './file.ts'

type Name = keyof typeof settings

/** What JSON Schema tells about a setting; `secret` is ours. */
interface Setting {
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

const intro = `# Configuration

Every process reads its settings from the environment when it starts. It checks all of them at once, names each one that
is missing or wrong, and then does not start. \`npm start\` and \`npm test\` set everything by themselves.

- A setting without a default is **required**, unless the table calls it optional.
- Instead of \`NAME\`, \`NAME_FILE\` may name a file that holds the value, as Docker and systemd hand over secrets.
  \`NAME\` wins if both are set.
- An empty value counts as not set.
- 🔑 marks a secret: keep it out of the repository. No value is ever logged.`

/** docs/configuration.md: every setting there is. */
export function configurationFile(): GeneratedFile {
  const sections = groups.map(({ title, first }, index) => {
    const rows = namesBetween(first, groups[index + 1]?.first).map(row)
    return `## ${title}\n\n${table(['setting', 'what it is', 'default', 'accepts'], rows)}`
  })
  const content = document(notice('runtime/config.ts'), intro, ...sections)
  return { path: 'docs/configuration.md', content }
}

const names = Object.keys(settings) as Name[]

function namesBetween(first: Name, next: Name | undefined): Name[] {
  return names.slice(names.indexOf(first), next && names.indexOf(next))
}

const output = z.toJSONSchema(z.object(settings), { io: 'output' }).properties as Record<Name, Setting>

function row(name: Name): string[] {
  const setting = output[name]
  const label = setting.secret ? `${code(name)} 🔑` : code(name)
  return [label, setting.description ?? '', defaultOf(name, setting), accepts(name, setting)]
}

function defaultOf(name: Name, setting: Setting): string {
  if (setting.default === '') return 'empty'
  if (setting.default !== undefined) return code(setting.default)
  return settings[name].safeParse(undefined).success ? 'optional' : '**required**'
}

const formats: Record<string, string> = { uri: 'URL', email: 'e-mail address' }

function accepts(name: Name, { enum: values, format, minLength, minimum, maximum }: Setting): string {
  if (values) return values.map(code).join(', ')
  if (settings[name].safeParse('off').data === false) return `${code('true')} or ${code('false')}`
  if (minimum !== undefined) return `${minimum} to ${maximum}`
  const text = formats[format ?? ''] ?? 'text'
  return minLength && minLength > 1 ? `${text} of at least ${minLength} characters` : text
}
