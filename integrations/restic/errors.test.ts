import { expect, it } from 'vitest'
import { checkEnd, type ProgramError, type ProgramRule } from '../programs/errors.ts'
import { filesRules, resticRules } from './errors.ts'

function errorOf(
  exitCode: number,
  stderr: string,
  rules: readonly ProgramRule[] = resticRules,
): ProgramError {
  try {
    checkEnd('restic', rules, { exitCode, stderr }, new AbortController().signal)
  } catch (error) {
    return error as ProgramError
  }
  throw new Error('It passed')
}

const where = 'sftp:anna@backup.internal:/srv/solaria'
const nothingThere = `unable to open config file: stat /srv/config: no such file or directory\nIs there a repository at the following location?\n${where}`

it.each([
  [1, 'Fatal: wrong password or no key found', 'WRONG_PASSWORD', 'PERMANENT'],
  [12, '{"message_type":"exit_error","code":12,"message":"odd"}', 'WRONG_PASSWORD', 'PERMANENT'],
  [1, `Fatal: ${nothingThere}`, 'NO_REPOSITORY', 'PERMANENT'],
  [10, 'Fatal: repository does not exist: odd', 'NO_REPOSITORY', 'PERMANENT'],
  [1, 'Fatal: parsing repository location failed: invalid backend', 'BAD_REPOSITORY', 'PERMANENT'],
  [
    1,
    'Fatal: create repository at /a/b failed: open /a/b/keys: not a directory',
    'BAD_REPOSITORY',
    'PERMANENT',
  ],
  [
    1,
    'Fatal: unable to save snapshot: write /srv/data/tmp: no space left on device',
    'DISK_FULL',
    'PERMANENT',
  ],
  [1, 'Save(<data/12>) failed: write: disk quota exceeded', 'DISK_FULL', 'PERMANENT'],
  [
    1,
    'unable to create lock in backend: repository is already locked by PID 7 on host by root (UID 0, GID 0)',
    'LOCKED',
    'TRANSIENT',
  ],
  [11, 'unable to create lock in backend: odd', 'LOCKED', 'TRANSIENT'],
  [
    1,
    'Fatal: unable to create lock in backend: open /srv/locks/1: permission denied',
    'NO_PERMISSION',
    'PERMANENT',
  ],
  [1, 'Fatal: unable to open config file: Stat: Access Denied.', 'NO_PERMISSION', 'PERMANENT'],
  [
    1,
    'create repository failed: client.BucketExists: The Access Key Id you provided (InvalidAccessKeyId)',
    'NO_PERMISSION',
    'PERMANENT',
  ],
  [1, 'Load(<data/12>): ciphertext verification failed', 'DAMAGED', 'PERMANENT'],
  [1, 'pack 12ab contains 1 errors\nFatal: repository contains errors', 'DAMAGED', 'PERMANENT'],
  [1, 'id 12ab not found in index', 'DAMAGED', 'PERMANENT'],
  [
    1,
    'Fatal: unable to open config file: client.Head: dial tcp 10.0.0.1:443: connect: connection refused\nIs there a repository at the following location?\nrest:http://a/',
    'UNREACHABLE',
    'TRANSIENT',
  ],
  [1, 'Fatal: unable to start the sftp session, error: EOF', 'UNREACHABLE', 'TRANSIENT'],
  [1, 'ssh: Could not resolve: dial tcp: lookup backup.internal: no such host', 'UNREACHABLE', 'TRANSIENT'],
  [1, 'Fatal: something new', 'FAILED', 'TRANSIENT'],
])('restic ending with %i and "%s" is %s, %s', (exitCode, stderr, code, errorClass) => {
  const error = errorOf(exitCode, stderr)
  expect(error).toMatchObject({ code, errorClass })
  for (const value of ['anna', 'backup.internal', '/srv', '10.0.0.1'])
    expect(error.message).not.toContain(value)
})

it('files that could not be read are told of a backup of files alone, where restic ends with 3', () => {
  const warning = 'error: open /root/secret: permission denied'
  expect(errorOf(3, warning, filesRules).code).toBe('FILES_UNREADABLE')
  expect(errorOf(3, 'failed to remove some snapshots').code).toBe('FAILED')
  expect(errorOf(1, 'Fatal: all target directories/files do not exist', filesRules).code).toBe(
    'FILES_UNREADABLE',
  )
  expect(errorOf(12, '', filesRules).code).toBe('WRONG_PASSWORD')
})
