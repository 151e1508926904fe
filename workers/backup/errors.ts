import type { Finding } from '../../entities/verification.ts'

/** An error after which the same job would fail again. */
class PermanentError extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = new.target.name
    this.code = code
  }
}

/** A verification found something: somebody has to look, so the job is dead and not merely done. */
export class BackupNotRestorableError extends PermanentError {
  readonly findings: readonly Finding[]
  constructor(backupId: string, findings: readonly Finding[]) {
    const [first] = findings
    const others = findings.length > 1 ? ` And ${findings.length - 1} more.` : ''
    super('BACKUP_NOT_RESTORABLE', `${backupId} cannot be relied on: ${first?.message}${others}`)
    this.findings = findings
  }
}

/** There is nothing to restore from. */
export class NoBackupError extends PermanentError {
  constructor(message: string) {
    super('NO_BACKUP', message)
  }
}

/** The database that was named cannot be restored into. */
export class TargetDatabaseError extends PermanentError {
  constructor(message: string) {
    super('TARGET_DATABASE', message)
  }
}
