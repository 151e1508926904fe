import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { Row } from '../entities/row.ts'
import { isTimeZone } from '../entities/time-zone.ts'
import { Workspace } from '../entities/workspace.ts'
import { audit } from '../ledger/audit.ts'
import { type InputIssue, InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import type { Actor } from '../ledger/ledger.ts'
import { WorkspaceExistsError } from './errors.ts'
import { isName, nameRule } from './key-rules.ts'

/** What is done to workspaces. Each takes the caller's transaction and writes its audit row there. */

export type WorkspaceRow = Row<Workspace>

export interface WorkspaceWish {
  /** Short name in settings and commands; it cannot be changed. */
  slug: string
  name: string
  timeZone: string
}

/** Makes a workspace. It has no key yet: see `createKey`. @throws InvalidInputError, WorkspaceExistsError */
export async function createWorkspace(
  em: Em,
  actor: Omit<Actor, 'workspaceId'> & { workspaceId?: string },
  { slug, name, timeZone }: WorkspaceWish,
  now: Date,
  reason?: string | null,
): Promise<WorkspaceRow> {
  check({ slug, name, timeZone })
  if ((await em.count(Workspace, { slug })) > 0) throw new WorkspaceExistsError(slug)
  const row = { id: newId('workspace'), slug, name, timeZone, createdAt: now, settings: {} }
  await em.insert(Workspace, row)
  await audit(em, { ...actor, workspaceId: actor.workspaceId ?? row.id }, 'createWorkspace', row.id, reason)
  return row
}

/** Changes what is given of the actor's workspace. @throws InvalidInputError, NotFoundError */
export async function updateWorkspace(
  em: Em,
  actor: Actor,
  change: Partial<Pick<WorkspaceWish, 'name' | 'timeZone'>>,
  reason?: string | null,
): Promise<WorkspaceRow> {
  const id = actor.workspaceId
  const row = await em.findOne(Workspace, { id }, { disableIdentityMap: true })
  if (!row) throw new NotFoundError(id)
  const next = { name: change.name ?? row.name, timeZone: change.timeZone ?? row.timeZone }
  check({ slug: row.slug, ...next })
  await em.nativeUpdate(Workspace, { id }, next)
  await audit(em, actor, 'updateWorkspace', id, reason)
  return Object.assign(row, next)
}

/** @throws InvalidInputError */
function check({ slug, name, timeZone }: WorkspaceWish): void {
  const issues: InputIssue[] = []
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug))
    issues.push({ path: 'slug', message: 'must be small letters, digits and hyphens' })
  if (!isName(name)) issues.push({ path: 'name', message: nameRule })
  if (!isTimeZone(timeZone))
    issues.push({ path: 'timeZone', message: 'must be the name of a time zone, e.g. Europe/Madrid' })
  if (issues.length > 0) throw new InvalidInputError(issues)
}
