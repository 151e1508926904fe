import type { ProgramRule } from '../programs/errors.ts'

/**
 * restic's failures. Exit codes 10 to 12 are restic 0.17 and newer (https://restic.readthedocs.io/en/stable/075_scripting.html);
 * older ones end with 1, and the text tells.
 */
export const resticRules: readonly ProgramRule[] = [
  {
    exitCode: 12,
    text: /wrong password or no key found/i,
    errorClass: 'PERMANENT',
    code: 'WRONG_PASSWORD',
    meaning: 'BACKUP_PASSWORD does not open the repository',
  },
  {
    text: /no space left on device|disk quota exceeded|file too large|file size limit/i,
    errorClass: 'PERMANENT',
    code: 'DISK_FULL',
    meaning: 'the disk of the repository is full; make room and run the backup again',
  },
  {
    exitCode: 11,
    text: /already locked/i,
    errorClass: 'TRANSIENT',
    code: 'LOCKED',
    meaning: 'another program works on the repository; it is tried again',
  },
  {
    text: /ciphertext verification failed|hash does not match|pack id does not match|data (seems to be|is) corrupted|repository contains errors|not found in index|invalid data returned|is damaged|truncated|size could not be determined|does not exist in the repository|content missing|cannot dump file: ReadFull|LoadIndex returned errors/i,
    errorClass: 'PERMANENT',
    code: 'DAMAGED',
    meaning: 'the repository is damaged; see docs/backup-and-restore.md',
  },
  {
    text: /no matching id found|no snapshot found|not found in snapshot/i,
    errorClass: 'PERMANENT',
    code: 'NO_SNAPSHOT',
    meaning: 'the snapshot, or the dump in it, is not in the repository',
  },
  {
    text: /please specify repository|empty password/i,
    errorClass: 'PERMANENT',
    code: 'NOT_CONFIGURED',
    meaning: 'BACKUP_REPOSITORY and BACKUP_PASSWORD are not both set',
  },
  {
    text: /permission denied|access ?denied|InvalidAccessKeyId|SignatureDoesNotMatch/i,
    errorClass: 'PERMANENT',
    code: 'NO_PERMISSION',
    meaning: 'BACKUP_REPOSITORY may not be read or written with these credentials',
  },
  {
    text: /dial tcp|connection (refused|reset|timed out)|i\/o timeout|no such host|network is unreachable|ssh.*(closed|exit status)|EOF$/im,
    errorClass: 'TRANSIENT',
    code: 'UNREACHABLE',
    meaning: 'the repository cannot be reached; it is tried again',
  },
  {
    text: /not a directory|file name too long|invalid backend|bucket name/i,
    errorClass: 'PERMANENT',
    code: 'BAD_REPOSITORY',
    meaning: 'BACKUP_REPOSITORY is no place where a repository can be',
  },
  {
    exitCode: 10,
    text: /is there a repository at|unable to open config file|repository does not exist/i,
    errorClass: 'PERMANENT',
    code: 'NO_REPOSITORY',
    meaning: 'there is no repository at BACKUP_REPOSITORY',
  },
]

/** Of a backup of files. */
export const filesRules: readonly ProgramRule[] = [
  {
    exitCode: 3,
    text: /all (target|source) directories\/files do not exist|does not exist, skipping/i,
    errorClass: 'PERMANENT',
    code: 'FILES_UNREADABLE',
    meaning: 'some of BACKUP_FILES could not be read',
  },
  ...resticRules,
]
