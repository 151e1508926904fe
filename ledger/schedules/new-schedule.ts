import type { Em } from '../../entities/index.ts'
import type { JobPriority } from '../../entities/job.ts'
import type { CatchUpPolicy, OverlapPolicy } from '../../entities/schedule.ts'
import type { AnyJobDefinition } from '../definition.ts'
import { InvalidInputError } from '../errors.ts'
import { parseInput } from '../input.ts'
import type { Actor } from '../ledger.ts'
import { parseCron } from './cron.ts'
import { checkCron } from './cron-syntax.ts'
import type { NewSchedule } from './schedule-row.ts'
import { workspaceZone } from './workspace-zone.ts'

/** Most schedules of a workspace, about; the dispatcher handles those of all workspaces in turn. */
const maxSchedules = 500

/** What a schedule is to be; what is left out stays as it is, or becomes the default. */
export interface ScheduleWish {
  name: string
  definition: AnyJobDefinition
  cron: string
  input?: unknown
  /** Default: the workspace's. */
  timeZone?: string | undefined
  /** Of its jobs. Default: the definition's. */
  priority?: JobPriority | undefined
  /** Default SKIP. */
  overlap?: OverlapPolicy | undefined
  /** Default ONCE. */
  catchUp?: CatchUpPolicy | undefined
  reason?: string | undefined
}

/**
 * The schedule a wish describes when there is none of its name.
 * @throws InvalidInputError
 */
export async function newSchedule(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  { workspaceId }: Actor,
  { name, definition, cron, input, timeZone, priority, overlap, catchUp }: ScheduleWish,
  now: Date,
): Promise<NewSchedule> {
  checkName(name, definitions)
  await checkCount(em, workspaceId)
  if (!definition.mutation)
    throw refused('job', `cannot be ${definition.name}: only the schedule that comes with it starts it`)
  const zone = timeZone ?? (await workspaceZone(em, workspaceId))
  return {
    workspaceId,
    name,
    definition,
    input: inputOf(definition, input ?? {}),
    cron: checkCron(cron),
    timeZone: zone,
    priority,
    overlap: overlap ?? 'SKIP',
    catchUp: catchUp ?? 'ONCE',
    builtIn: false,
    nextAt: parseCron(cron, zone).next(now),
  }
}

/** The input of the job, with paths as the caller wrote them. */
export function inputOf(definition: AnyJobDefinition, input: unknown): Record<string, unknown> {
  try {
    return parseInput(definition, input)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(
      error.issues.map(({ path, message }) => ({ path: path ? `input.${path}` : 'input', message })),
    )
  }
}

function checkName(name: string, definitions: readonly AnyJobDefinition[]): void {
  if (!/^\w[\w.-]{0,63}$/.test(name))
    throw refused(
      'name',
      'must be 1 to 64 letters, digits, dots, hyphens or underscores, not beginning with a dot or hyphen',
    )
  if (definitions.some((definition) => definition.name === name))
    throw refused('name', 'is the name of a job, which is kept for the schedule that comes with it')
}

async function checkCount(em: Em, workspaceId: string): Promise<void> {
  const [row] = await em.execute<{ n: number }[]>(
    'select count(*) as n from schedule where workspace_id = ?',
    [workspaceId],
  )
  if (Number(row?.n) >= maxSchedules)
    throw refused('name', `would be one too many: a workspace has ${maxSchedules} schedules at most`)
}

/** The error of a wish that cannot be met. */
export const refused = (path: string, message: string) => new InvalidInputError([{ path, message }])
