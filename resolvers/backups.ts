import { Backup, type BackupState } from '../entities/backup.ts'
import { readBackupHealth } from '../entities/backup-health.ts'
import type { Api } from '../schema/api.ts'
import { newestOfAll } from './newest-first.ts'

/** Reading backups. They belong to no workspace, so the permissions are those of the whole installation. */
export function backupQueries({ builder, Backup: BackupType, ...api }: Api): void {
  const authScopes = { permission: 'installation:read' } as const
  builder.queryFields((t) => ({
    backup: t.field({
      type: BackupType,
      nullable: true,
      authScopes,
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => loaders.backup.load(id),
    }),
    backups: t.field({
      type: api.BackupConnection,
      description: 'Backups, newest first.',
      authScopes,
      args: { states: t.arg({ type: [api.BackupState] }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { states, ...page }, context) =>
        newestOfAll(context, [Backup, 'backup'], [inStates(states)], page),
    }),
    backupHealth: t.field({
      type: api.BackupHealth,
      description: 'Whether one could go back to a recent state, and whether that has been tried.',
      authScopes,
      resolve: (_, __, { em, backups }) => readBackupHealth(em, backups),
    }),
  }))
}

const inStates = (states: BackupState[] | null | undefined) => states && { state: { $in: states } }
