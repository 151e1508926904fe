import type { Permission } from '../entities/api-key.ts'
import { type IdKind, kindOfId } from '../entities/ids.ts'
import { Workspace } from '../entities/workspace.ts'
import type { Api } from '../schema/api.ts'

const permissionFor = {
  lead: 'leads:read',
  job: 'jobs:read',
  schedule: 'jobs:read',
  backup: 'installation:read',
  verification: 'installation:read',
} as const satisfies Partial<Record<IdKind, Permission>>

type Findable = keyof typeof permissionFor

const isFindable = (kind: IdKind | undefined): kind is Findable => kind !== undefined && kind in permissionFor

/** Who asks, from where, and anything by its id. */
export function nodeQueries(api: Api): void {
  const { builder, Node, Me, Workspace: WorkspaceType } = api
  builder.queryFields((t) => ({
    node: t.field({
      type: Node,
      nullable: true,
      description: 'A lead, a job, a schedule, a backup or a verification by its id.',
      authScopes: (_, { id }) => scopeOf(id),
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => {
        const kind = kindOfId(id)
        return isFindable(kind) ? loaders[kind].load(id) : null
      },
    }),
    me: t.field({
      type: Me,
      description: 'The API key of this request.',
      authScopes: { authenticated: true },
      resolve: (_, __, { caller }) => caller,
    }),
    workspace: t.field({
      type: WorkspaceType,
      description: 'The workspace of the API key.',
      authScopes: { authenticated: true },
      resolve: (_, __, { em, workspaceId }) =>
        em.findOneOrFail(Workspace, { id: workspaceId }, { disableIdentityMap: true }),
    }),
  }))
}

function scopeOf(id: string) {
  const kind = kindOfId(id)
  return isFindable(kind) ? { permission: permissionFor[kind] } : { authenticated: true }
}
