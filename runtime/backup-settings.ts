import { z } from 'zod'
import { count, optionalSecret } from './setting.ts'

/** Settings of backups; see docs/backup-and-restore.md. */
export const backupSettings = {
  BACKUP_REPOSITORY: z
    .string()
    .max(500)
    .default('')
    .describe(
      'restic repository: a path, sftp:user@host:/path or s3:https://host/bucket; without it no backups are made',
    )
    .meta({ secret: true }),
  BACKUP_PASSWORD: optionalSecret()
    .describe('Opens the repository; without it nobody can restore, so keep a copy elsewhere')
    .meta({ secret: true }),
  BACKUP_FILES: z
    .string()
    .default('')
    .describe('Files and folders that are backed up too, separated by commas'),
  BACKUP_KEEP_DAILY: count(7, 1, 1_000).describe('Days of which the newest backup is kept'),
  BACKUP_KEEP_WEEKLY: count(5, 0, 1_000).describe('Weeks of which the newest backup is kept'),
  BACKUP_KEEP_MONTHLY: count(12, 0, 1_000).describe('Months of which the newest backup is kept'),
  BACKUP_MAX_AGE_HOURS: count(26, 1, 10_000).describe(
    'Without a good backup younger than this, backups are reported as not healthy',
  ),
  BACKUP_CHECK_SUBSET: z
    .string()
    .regex(/^\d{1,3}%$/, { error: 'expected a share such as 5%' })
    .default('5%')
    .describe(
      'Share of the repository’s data that each verification reads and checks, besides what it restores',
    ),
  BACKUP_S3_ACCESS_KEY_ID: z.string().default('').describe('For a repository in S3').meta({ secret: true }),
  BACKUP_S3_SECRET_ACCESS_KEY: optionalSecret().describe('For a repository in S3').meta({ secret: true }),
} as const
