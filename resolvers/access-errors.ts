import {
  ApiKeyEndedError,
  ApiKeyReplacedError,
  LastAdminKeyError,
  PermissionExceededError,
  WorkspaceExistsError,
} from '../access/errors.ts'
import type { Api } from '../schema/api.ts'

/** Declares the errors of keys and workspaces. */
export function accessErrorTypes({ builder, Error: ErrorInterface }: Api): void {
  const interfaces = [ErrorInterface]
  builder.objectType(PermissionExceededError, {
    name: 'PermissionExceededError',
    description: 'Nobody gives to a key what they may not do themselves.',
    interfaces,
    fields: (t) => ({
      missing: t.stringList({
        description: 'The permissions that the caller lacks.',
        resolve: ({ missing }) => [...missing],
      }),
    }),
  })
  builder.objectType(LastAdminKeyError, {
    name: 'LastAdminKeyError',
    description: 'Without this key nobody could look after the workspace’s keys.',
    interfaces,
    fields: (t) => ({ id: t.exposeID('id', { description: 'Id of the key.' }) }),
  })
  builder.objectType(ApiKeyEndedError, {
    name: 'ApiKeyEndedError',
    description: 'The key has expired or was revoked, which is final.',
    interfaces,
    fields: (t) => ({ id: t.exposeID('id', { description: 'Id of the key.' }) }),
  })
  builder.objectType(ApiKeyReplacedError, {
    name: 'ApiKeyReplacedError',
    description: 'The key was rotated already.',
    interfaces,
    fields: (t) => ({
      replacedBy: t.exposeID('replacedBy', { description: 'Id of the key it was rotated to.' }),
    }),
  })
  builder.objectType(WorkspaceExistsError, {
    name: 'WorkspaceExistsError',
    description: 'A workspace has this slug already.',
    interfaces,
    fields: (t) => ({ slug: t.exposeString('slug', { description: 'The slug.' }) }),
  })
}
