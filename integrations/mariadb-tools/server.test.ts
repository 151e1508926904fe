import { expect, it } from 'vitest'
import { checkEnd, type ProgramError } from '../programs/errors.ts'
import { connectionOf, serverRules } from './server.ts'

function errorOf(stderr: string): ProgramError {
  try {
    checkEnd('mariadb-dump', serverRules, { exitCode: 2, stderr }, new AbortController().signal)
  } catch (error) {
    return error as ProgramError
  }
  throw new Error('It passed')
}

it.each([
  [
    `mariadb-dump: Got error: 1045: "Access denied for user 'solaria'@'db.internal' (using password: YES)" when trying to connect`,
    'DATABASE_REFUSED',
    'PERMANENT',
  ],
  [
    "ERROR 1044 (42000) at line 1: Access denied for user 'x' to database 'y'",
    'DATABASE_REFUSED',
    'PERMANENT',
  ],
  [
    'mariadb-dump: Couldn’t execute SHOW PACKAGE STATUS: command denied to user (1142)',
    'DATABASE_REFUSED',
    'PERMANENT',
  ],
  [
    `mariadb-dump: Got error: 2002: "Can't connect to server on 'db.internal' (115)" when trying to connect`,
    'DATABASE_AWAY',
    'TRANSIENT',
  ],
  [
    'mariadb-dump: Error 2013: Lost connection to server during query when dumping table `lead` at row: 12',
    'DATABASE_AWAY',
    'TRANSIENT',
  ],
  ['ERROR 2006 (HY000) at line 3: Server has gone away', 'DATABASE_AWAY', 'TRANSIENT'],
  ["ERROR 1114 (HY000) at line 9: The table 'lead' is full", 'DISK_FULL', 'PERMANENT'],
  ["Error writing file (errno: 28 'No space left on device')", 'DISK_FULL', 'PERMANENT'],
  [
    "mariadb-dump: Couldn't execute 'SHOW FIELDS FROM `secret`': View 'a.secret' references invalid table(s) (1356)",
    'INVALID_VIEW',
    'PERMANENT',
  ],
  ['mariadb-dump: Error 9999: something new', 'FAILED', 'TRANSIENT'],
])('mariadb-dump saying "%s" is %s, %s', (stderr, code, errorClass) => {
  const error = errorOf(stderr)
  expect(error).toMatchObject({ code, errorClass })
  for (const value of ['db.internal', 'solaria', 'secret']) expect(error.message).not.toContain(value)
})

it('the password of the database goes to programs by the environment, and never as an argument', () => {
  const { args, env, database } = connectionOf({
    url: 'mysql://an%40na:p%3Aw%2F@db.internal:3307/sol%20aria',
    env: { PATH: '/bin' },
  })
  expect(args).toEqual(expect.arrayContaining(['--user=an@na', '--host=db.internal', '--port=3307']))
  expect(args.join(' ')).not.toContain('p:w/')
  expect(env).toEqual({ PATH: '/bin', MYSQL_PWD: 'p:w/' })
  expect(database).toBe('sol aria')
})
