import type { Api } from './api.ts'

/** The workspace a key belongs to, and the key itself. */
export function workspaceTypes({ Workspace, Me, Role }: Api): void {
  Workspace.implement({
    description: 'One client of the agency. A key sees its own workspace only.',
    fields: (t) => ({
      id: t.exposeID('id'),
      slug: t.exposeString('slug'),
      name: t.exposeString('name'),
      timeZone: t.exposeString('timeZone'),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
    }),
  })
  Me.implement({
    description: 'The API key of this request.',
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { description: 'Name of the key.' }),
      role: t.expose('role', { type: Role }),
      permissions: t.stringList({ resolve: ({ permissions }) => [...permissions] }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    }),
  })
}
