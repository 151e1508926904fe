import { defaultWorkspaceId } from '../../entities/default-workspace.ts'
import type { Em } from '../../entities/index.ts'
import { isTimeZone } from '../../entities/time-zone.ts'
import type { AnyJobDefinition, DefaultSchedule } from '../definition.ts'
import { parseInput } from '../input.ts'
import { parseCron } from './cron.ts'
import { insertSchedules, type NewSchedule } from './schedule-row.ts'

/** Workspaces that get their schedule with one statement. */
const batchSize = 500

interface Place {
  id: string
  timeZone: string
}

/**
 * Gives every workspace the schedules that come with the jobs, as far as it does not have them. A row that is there is
 * never changed, so what people made of it survives a new version.
 * @param slug of the default workspace, which alone has the jobs of the whole installation
 * @throws InvalidInputError when a definition's own schedule is not valid
 */
export async function installSchedules(
  fork: () => Em,
  definitions: readonly AnyJobDefinition[],
  slug: string,
  now: Date,
): Promise<void> {
  const em = fork()
  for (const definition of definitions) {
    if (!definition.schedule) continue
    const only = definition.scope === 'INSTALLATION' ? await defaultWorkspaceId(em, slug) : undefined
    if (definition.scope === 'INSTALLATION' && !only) continue
    for (;;) {
      const places = await withoutSchedule(em, definition.name, only)
      const rows = places.map((place) => rowOf(definition, definition.schedule!, place, now))
      await insertSchedules(em, rows, now)
      if (places.length < batchSize) break
    }
  }
}

function withoutSchedule(em: Em, name: string, only: string | undefined): Promise<Place[]> {
  return em.execute<Place[]>(
    `select w.id, w.time_zone as timeZone from workspace w
     left join schedule s on s.workspace_id = w.id and s.name = ?
     where s.id is null ${only ? 'and w.id = ?' : ''} limit ${batchSize}`,
    only ? [name, only] : [name],
  )
}

function rowOf(
  definition: AnyJobDefinition,
  { cron, timeZone, overlap, catchUp, input }: DefaultSchedule,
  place: Place,
  now: Date,
): NewSchedule {
  const zone = timeZone ?? (isTimeZone(place.timeZone) ? place.timeZone : 'UTC')
  return {
    definition,
    workspaceId: place.id,
    name: definition.name,
    input: parseInput(definition, input ?? {}),
    cron,
    timeZone: zone,
    overlap: overlap ?? 'SKIP',
    catchUp: catchUp ?? 'ONCE',
    builtIn: true,
    nextAt: parseCron(cron, zone).next(now),
  }
}
