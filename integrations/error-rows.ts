// For tests: a vendor's error table, row by row.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ErrorClass, VendorError } from './errors.ts'
import type { ErrorRule } from './rules.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from './stub.ts'

interface Expected {
  retryAfterMs?: number
  recipientRefused?: boolean
  throttleScope?: string
  code?: string
}
export type ErrorRow = [status: number, answer: StubAnswer, errorClass: ErrorClass, expected?: Expected]

/** Tests each row, and that together they use every rule of the table: a row nobody tests is a guess. */
export function testErrorTable(
  rules: readonly ErrorRule[],
  rows: readonly ErrorRow[],
  run: (baseUrl: string) => Promise<unknown>,
): void {
  const messages: string[] = []
  let stub: Stub
  beforeAll(async () => {
    stub = await startStub()
  })
  afterAll(() => stub[Symbol.asyncDispose]())

  test.each(rows)('%i %j → %s', async (status, answer, errorClass, expected = {}) => {
    stub.reply = { ...answer, status }
    const error = await failureOf(run(stub.url))
    expect(error).toBeInstanceOf(VendorError)
    expect(error).toMatchObject({
      status,
      errorClass,
      recipientRefused: false,
      throttleScope: 'account',
      ...expected,
    })
    messages.push((error as Error).message)
  })

  test('every rule has an example', () => {
    const unused = rules.filter(({ meaning }) => !messages.some((message) => message.includes(meaning)))
    expect(unused).toEqual([])
  })
}
