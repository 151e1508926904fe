import type { Em } from '../entities/index.ts'
import { type AnyJobDefinition, definitionOf, permissionToStart } from '../ledger/definition.ts'
import { lockSchedule } from '../ledger/schedules/actions.ts'
import type { ScheduleRow } from '../ledger/schedules/schedule-row.ts'
import { forbidden } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'

/** Does something to a schedule of the workspace, in one transaction that holds it. @throws NotFoundError */
export function onSchedule<T>(
  context: Context,
  id: string,
  work: (em: Em, row: ScheduleRow) => Promise<T>,
): Promise<T> {
  return context.ledger.transaction(async (em) => {
    const row = await lockSchedule(em, context.actor, id)
    const definition = definitionOf(context.ledger.definitions, row.jobName)
    if (definition) checkMaySchedule(definition, context)
    return work(em, row)
  })
}

/** A schedule is no way around the permission to start the job; one that nobody may start is left to administrators. */
export function checkMaySchedule(definition: AnyJobDefinition, { caller }: Context): void {
  const permission = permissionToStart(definition)
  if (!caller.permissions.has(permission))
    throw forbidden(`Schedules of ${definition.name} take the permission ${permission}`)
}
