import type { Api } from './api.ts'

/** The workspace a key belongs to, and the key itself. */
export function workspaceTypes({ Workspace, Me, Role }: Api): void {
  Workspace.implement({
    description: 'One client of the agency. A key sees its own workspace only.',
    fields: (t) => ({
      id: t.exposeID('id'),
      slug: t.exposeString('slug', { description: 'Its short name in addresses.' }),
      name: t.exposeString('name', { description: 'Its name.' }),
      timeZone: t.exposeString('timeZone', { description: 'IANA name, e.g. Europe/Madrid.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
    }),
  })
  Me.implement({
    description: 'The API key of this request.',
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { description: 'Name of the key.' }),
      role: t.expose('role', { description: 'Its role.', type: Role }),
      permissions: t.stringList({
        description: 'What it may do.',
        resolve: ({ permissions }) => [...permissions],
      }),
      expiresAt: t.expose('expiresAt', {
        description: 'When the key ends; null: never.',
        type: 'DateTime',
        nullable: true,
      }),
    }),
  })
}
