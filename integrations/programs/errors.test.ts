import { expect, it } from 'vitest'
import { checkEnd, ProgramError } from './errors.ts'

const going = new AbortController().signal

/** What is said of a program that ended with 1 after writing this. */
function said(stderr: string): string {
  try {
    checkEnd('a-program', [], { exitCode: 1, stderr }, going)
  } catch (error) {
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'FAILED' })
    return (error as Error).message
  }
  throw new Error('It passed')
}

it.each([
  ["Unknown column 'anna@example.com' in 'where'", 'Unknown column …'],
  ["Couldn't execute 'SHOW STATUS WHERE Db = 'top_secret'': gone", 'Couldn’t execute …: gone'],
  ['Access denied for "root" at "db.internal"', 'Access denied for …'],
  ['Table `secret`.`lead` is odd', 'Table … is odd'],
  ["It broke off within 'a value that nev", 'It broke off within …'],
  ['no answer from s3:https://key:secret@host/bucket', 'no answer from …'],
  ['cannot dial sftp:anna@backup.internal:/srv', 'cannot dial …'],
  ['first line with secret\nsecond line\n', 'second line'],
])('a failure nobody knows is told without values: %s', (stderr, rest) => {
  expect(said(stderr)).toBe(`a-program: ended with code 1: ${rest}`)
})

it('a program that ended well passes, whatever it wrote', () => {
  checkEnd('a-program', [], { exitCode: 0, stderr: 'a warning' }, going)
})

it('a program that was stopped on purpose is not blamed: the reason of the signal is thrown', () => {
  const signal = AbortSignal.abort('cancelled')
  expect(() => checkEnd('a-program', [], { exitCode: null, stderr: '' }, signal)).toThrow('cancelled')
})

it('a program that a signal ended, which nobody here sent, has failed', () => {
  expect(() => checkEnd('a-program', [], { exitCode: null, stderr: '' }, going)).toThrow(
    new ProgramError('a-program', {
      errorClass: 'TRANSIENT',
      code: 'FAILED',
      meaning: 'ended with a signal',
    }),
  )
})

it('an exit code tells more than a text, whatever the order of the rules', () => {
  const rules = [
    { text: /odd/, errorClass: 'TRANSIENT', code: 'TEXT', meaning: 'text' },
    { exitCode: 12, errorClass: 'PERMANENT', code: 'EXIT', meaning: 'exit' },
  ] as const
  expect(() => checkEnd('p', rules, { exitCode: 12, stderr: 'odd' }, going)).toThrow('p: exit')
  expect(() => checkEnd('p', rules, { exitCode: 1, stderr: 'odd' }, going)).toThrow('p: text')
})
