import type { TableContent } from '../entities/backup.ts'
import type { Finding } from '../entities/verification.ts'
import type { Api } from './api.ts'

/** Backups of the installation, and what their restore drills found. */
export function backupTypes(api: Api): void {
  backup(api)
  verification(api)
  health(api)
}

function backup({ builder, Backup, BackupState, Verification, Job, Node }: Api): void {
  const Table = builder.objectRef<TableContent>('BackupTable').implement({
    description: 'What a table held when it was dumped.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name of the table.' }),
      rows: t.string({ description: 'A whole number.', resolve: ({ rows }) => String(rows) }),
      checksum: t.exposeString('checksum', { description: 'Of all rows, in any order.' }),
    }),
  })
  Backup.implement({
    description: 'A backup of the whole installation.',
    interfaces: [Node],
    fields: (t) => ({
      id: t.exposeID('id'),
      state: t.expose('state', { type: BackupState }),
      startedAt: t.expose('startedAt', { type: 'DateTime' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      snapshotId: t.exposeString('snapshotId', { nullable: true, description: 'restic’s id of the dump.' }),
      filesSnapshotId: t.exposeString('filesSnapshotId', {
        nullable: true,
        description: 'restic’s id of the files, if any are set.',
      }),
      bytesRead: t.exposeString('bytesRead', { nullable: true, description: 'A whole number.' }),
      bytesAdded: t.exposeString('bytesAdded', {
        nullable: true,
        description: 'What was new to the repository; a whole number.',
      }),
      tables: t.field({
        description: 'Its tables, with rows and checksums.',
        type: [Table],
        resolve: ({ contents }) => contents ?? [],
      }),
      newestRowAt: t.expose('newestRowAt', {
        description: 'When the newest row in it was written.',
        type: 'DateTime',
        nullable: true,
      }),
      problemCode: t.exposeString('problemCode', {
        description: 'What kind of problem it is, for programs.',
        nullable: true,
      }),
      problem: t.exposeString('problem', { nullable: true, description: 'Why it FAILED.' }),
      verifiedAt: t.expose('verifiedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was last restored and found equal.',
      }),
      forgottenAt: t.expose('forgottenAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When retention took it out of the repository.',
      }),
      verifications: t.field({
        type: [Verification],
        description: 'Its restore drills, newest first.',
        resolve: ({ id }, _, { loaders }) => loaders.verifications.load(id),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => loaders.job.load(jobId),
      }),
    }),
  })
}

function verification({
  builder,
  Verification,
  VerificationState,
  FindingKind,
  Backup,
  Job,
  Node,
}: Api): void {
  const VerificationFinding = builder.objectRef<Finding>('VerificationFinding').implement({
    description: 'Something a verification found wrong.',
    fields: (t) => ({
      kind: t.expose('kind', { description: 'What is wrong.', type: FindingKind }),
      table: t.string({
        description: 'Name of the table.',
        nullable: true,
        resolve: ({ table }) => table ?? null,
      }),
      expected: t.string({
        description: 'What was dumped.',
        nullable: true,
        resolve: ({ expected }) => expected ?? null,
      }),
      found: t.string({
        description: 'What came back.',
        nullable: true,
        resolve: ({ found }) => found ?? null,
      }),
      message: t.exposeString('message'),
    }),
  })
  Verification.implement({
    description:
      'A restore drill: a backup restored into a scratch database and compared with what was dumped.',
    interfaces: [Node],
    fields: (t) => ({
      id: t.exposeID('id'),
      state: t.expose('state', { type: VerificationState }),
      startedAt: t.expose('startedAt', { type: 'DateTime' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      findings: t.field({
        description: 'What was found wrong.',
        type: [VerificationFinding],
        resolve: ({ findings }) => findings,
      }),
      tableCount: t.exposeInt('tableCount', {
        description: 'How many tables were compared.',
        nullable: true,
      }),
      rowCount: t.exposeString('rowCount', { nullable: true, description: 'A whole number.' }),
      newestRowAt: t.expose('newestRowAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The newest time of what happened in the restored data.',
      }),
      backup: t.field({
        type: Backup,
        nullable: true,
        resolve: ({ backupId }, _, { loaders }) => loaders.backup.load(backupId),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => loaders.job.load(jobId),
      }),
    }),
  })
}

function health({ BackupHealth, Backup }: Api): void {
  BackupHealth.implement({
    description: 'Whether one could go back to a recent state, and whether that has been tried.',
    fields: (t) => ({
      configured: t.exposeBoolean('configured', { description: 'Whether a repository is set.' }),
      healthy: t.exposeBoolean('healthy', {
        description: 'Whether there is a fresh backup that was proved by restoring it.',
      }),
      problem: t.exposeString('problem', { nullable: true, description: 'What is wrong, in a sentence.' }),
      lastGoodBackup: t.field({
        description: 'The newest backup that was made.',
        type: Backup,
        nullable: true,
        resolve: ({ lastGood }) => lastGood,
      }),
      lastVerifiedBackup: t.field({
        description: 'The newest backup that was restored and compared.',
        type: Backup,
        nullable: true,
        resolve: ({ lastVerified }) => lastVerified,
      }),
      ageSeconds: t.exposeInt('ageSeconds', {
        nullable: true,
        description: 'Age of what the newest good backup holds.',
      }),
      nextRunAt: t.expose('nextRunAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the schedule starts the next backup.',
      }),
    }),
  })
}
