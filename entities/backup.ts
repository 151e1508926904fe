import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'

export type BackupState = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED'

/** What a table held in the snapshot that was dumped. */
export interface TableContent {
  name: string
  rows: number
  /** Of all rows, in any order. */
  checksum: string
}

/** One backup of the whole installation. It belongs to no workspace: the database holds them all. */
const BackupSchema = defineEntity({
  name: 'Backup',
  tableName: 'backup',
  properties: {
    id: id().primary(),
    jobId: id().unique('backup_job'),
    state: code(16).$type<BackupState>(),
    startedAt: time().index('backup_started'),
    finishedAt: time().nullable(),
    /** restic's id of the dump, and of the files if any are configured. */
    snapshotId: code(64).nullable(),
    filesSnapshotId: code(64).nullable(),
    /** Bytes read, and bytes that were new to the repository. */
    bytesRead: p.bigint().$type<string>().nullable(),
    bytesAdded: p.bigint().$type<string>().nullable(),
    /** Taken in the snapshot that was dumped. */
    contents: p.json().$type<TableContent[]>().nullable(),
    newestRowAt: time().nullable(),
    /** Why it failed: a code of the error table and a sentence. */
    problemCode: code(40).nullable(),
    problem: p.string().length(500).nullable(),
    /** When it was last restored and found equal. */
    verifiedAt: time().nullable(),
    /** When retention took it out of the repository. */
    forgottenAt: time().nullable(),
  },
})

export class Backup extends BackupSchema.class {}
BackupSchema.setClass(Backup)
