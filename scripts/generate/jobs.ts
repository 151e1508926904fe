import { z } from 'zod'
import { permissionsOf, roles } from '../../entities/api-key.ts'
import { backoffMs } from '../../ledger/classify.ts'
import { type AnyJobDefinition, jobDefaults } from '../../ledger/definition.ts'
import { mutationName } from '../../schema/job-names.ts'
import { registry } from '../../workers/registry.ts'
import { code, document, type GeneratedFile, notice, table } from './file.ts'
import { inputFields } from './input-fields.ts'

const intro = `# Jobs

Every kind of job there is. Besides its own mutation, \`enqueueJob\` starts any job that can be started through the API,
with the same permission.`

/** docs/reference/jobs.md: every job, what it takes, how it is retried and who may start it. */
export function jobsFile(): GeneratedFile {
  const head = ['job', 'what it does', 'mutation', 'PM2 app']
  const overview = registry.map((job) => [link(job), job.description, mutationOf(job), code(appOf(job))])
  const content = document(notice('workers/'), intro, table(head, overview), ...registry.map(section))
  return { path: 'docs/reference/jobs.md', content }
}

const link = ({ name }: AnyJobDefinition) => `[${name}](#${name.replaceAll('.', '')})`
const appOf = ({ app, name }: AnyJobDefinition) => app ?? name
const mutationOf = ({ name, mutation }: AnyJobDefinition) => (mutation ? code(mutationName(name)) : 'none')

function section(job: AnyJobDefinition): string {
  const facts = [
    ['who may start it', startersOf(job)],
    ['PM2 app', code(appOf(job))],
    ['attempts', String(attemptsOf(job))],
    ['waits between them', waitsOf(job)],
    ['timeout of an attempt', duration(job.timeoutMs ?? jobDefaults.timeoutMs)],
    ['version of its input', String(job.version ?? 1)],
  ]
  return `## ${job.name}\n\n${job.description}\n\n${inputOf(job)}\n\n${table(['', ''], facts)}`
}

function inputOf({ input }: AnyJobDefinition): string {
  const fields = inputFields(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }))
  if (fields.length === 0) return 'It takes no input.'
  return table(
    ['input', 'type', 'required', 'what it is'],
    fields.map(({ name, type, required, description }) => [
      code(name),
      type,
      required ? 'yes' : 'no',
      description,
    ]),
  )
}

function startersOf({ name, mutation }: AnyJobDefinition): string {
  if (!mutation) return 'Nobody from outside: other jobs start it.'
  const able = roles.filter((role) => permissionsOf({ role }).has(mutation.permission))
  const names = able.map((role) => role.toLowerCase()).join(', ')
  return `Keys with ${code(mutation.permission)} (${names}), by ${code(mutationName(name))}`
}

const attemptsOf = ({ attempts }: AnyJobDefinition) => attempts ?? jobDefaults.attempts

/** Asks the code that decides, so that this cannot differ from it. */
function waitsOf(job: AnyJobDefinition): string {
  const numbers = Array.from({ length: attemptsOf(job) - 1 }, (_, index) => index + 1)
  if (numbers.length === 0) return 'none'
  const longest = numbers.map((attempt) => backoffMs(job, attempt, 0))
  const shorter = 1 - backoffMs(job, 1, 1) / backoffMs(job, 1, 0)
  const chance = shorter > 0 ? `, each up to ${Math.round(shorter * 100)} % shorter by chance` : ''
  return `${longest.map(duration).join(', ')}${chance}`
}

function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  const [minutes, seconds] = [Math.floor(ms / 60_000), (ms % 60_000) / 1_000]
  const parts = [minutes > 0 && `${minutes} min`, seconds > 0 && `${seconds} s`]
  return parts.filter(Boolean).join(' ')
}
