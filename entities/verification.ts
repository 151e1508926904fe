import { defineEntity, p } from '@mikro-orm/core'
import { Backup } from './backup.ts'
import { code, id, time } from './columns.ts'

/** PASSED: restored and equal. FAILED: it could not be restored, or differs. BROKEN_OFF: it ended before it knew. */
export type VerificationState = 'RUNNING' | 'PASSED' | 'FAILED' | 'BROKEN_OFF' | 'CANCELLED'

/** What a verification found wrong. */
export interface Finding {
  kind: 'REPOSITORY' | 'RESTORE' | 'TABLE_MISSING' | 'TABLE_UNEXPECTED' | 'ROWS' | 'CHECKSUM' | 'FOREIGN_KEY'
  table?: string
  expected?: string
  found?: string
  message: string
}

/** A restore drill: a backup restored into a scratch database and compared with what was dumped. */
const VerificationSchema = defineEntity({
  name: 'Verification',
  tableName: 'verification',
  indexes: [{ name: 'verification_backup', properties: ['backupId', 'id'] }],
  properties: {
    id: id().primary(),
    backupId: () => p.manyToOne(Backup).mapToPk().fieldName('backup_id').index(false),
    jobId: id().unique('verification_job'),
    state: code(16).$type<VerificationState>(),
    /** Dropped at the end; what a crash left behind is dropped by the next verification. */
    scratchDatabase: code(64),
    startedAt: time(),
    finishedAt: time().nullable(),
    findings: p.json().$type<Finding[]>(),
    tableCount: p.integer().nullable(),
    rowCount: p.bigint().$type<string>().nullable(),
    newestRowAt: time().nullable(),
  },
})

export class Verification extends VerificationSchema.class {}
VerificationSchema.setClass(Verification)
