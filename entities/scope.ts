import type { EntityManager, FilterDef } from '@mikro-orm/core'
import type { Em } from './index.ts'

/** What an entity manager sees of tables whose rows belong to a workspace. */
interface Scope {
  workspaceId: string
}

/** Name of the filter in MikroORM. */
export const scopeFilter = 'workspace'

/**
 * Confines an entity manager to a workspace, for its life: whatever it finds, counts, changes and deletes by entities is of
 * that workspace, whether a condition says so or not. Raw SQL says it by itself.
 * @returns the same entity manager
 */
export function scopeTo<E extends Em>(em: E, workspaceId: string): E {
  em.setFilterParams(scopeFilter, { workspaceId } satisfies Scope)
  return em
}

/** The filter behind `scopeTo`; without it an entity manager sees the whole installation. */
export const workspaceFilter: FilterDef = {
  name: scopeFilter,
  default: true,
  // An entity manager that was not confined has none.
  args: false,
  cond: (
    scope: Partial<Scope> | undefined,
    _type: string,
    em: EntityManager,
    _options: unknown,
    name?: string,
  ) =>
    scope?.workspaceId && name && 'workspaceId' in em.getMetadata().getByClassName(name).properties
      ? { workspaceId: scope.workspaceId }
      : {},
}
