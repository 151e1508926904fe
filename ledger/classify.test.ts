import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Attempt } from '../queue/worker.ts'
import { backoffMs, classify, safeText } from './classify.ts'
import { defineJobFor } from './definition.ts'

const definition = defineJobFor<unknown>()({
  name: 'note.send',
  description: '',
  input: z.unknown(),
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5, maxDelay: 10_000 },
  async run() {},
})
const attempt = { attempt: 2, attempts: 5, isLast: false } as Attempt
const classed = (errorClass: string, more = {}) =>
  classify(Object.assign(new Error('no'), { errorClass, ...more }), definition, attempt)

describe('what follows from an error', () => {
  test('transient and unknown ones use an attempt and come again', () => {
    for (const errorClass of ['TRANSIENT', 'UNKNOWN', 'TIMEOUT'])
      expect(classed(errorClass)).toMatchObject({ kind: 'failed', final: false })
    expect(classify(new TypeError('x is not a function'), definition, attempt)).toMatchObject({
      kind: 'failed',
      final: false,
    })
  })

  test('throttled and locked-out ones come again without using an attempt, when the vendor says', () => {
    expect(classed('THROTTLED', { retryAfterMs: 6_000 })).toMatchObject({ kind: 'postponed', delayMs: 6_000 })
    expect(classed('AUTH')).toMatchObject({ kind: 'postponed', delayMs: 60_000 })
  })

  test('permanent ones end the job', () => {
    expect(classed('PERMANENT')).toMatchObject({ kind: 'failed', final: true })
  })

  test('a database that is away costs no attempt; a vendor that is away does', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    expect(classify(new Error('query failed', { cause: refused }), definition, attempt)).toMatchObject({
      kind: 'postponed',
    })
    expect(classed('TRANSIENT', { code: 'ECONNREFUSED' })).toMatchObject({ kind: 'failed' })
  })
})

test('the wait doubles up to its limit, less a random share', () => {
  expect([1, 2, 3, 4, 5].map((n) => backoffMs(definition, n, 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 10_000,
  ])
  expect(backoffMs(definition, 3, 1)).toBe(2_000)
})

test('addresses, numbers and quoted values do not reach error texts', () => {
  const text = safeText(
    `Duplicate entry 'Anna Muster' for key; anna.muster@example.com or +34 612 345 678 did not answer`,
  )
  expect(text).toBe("Duplicate entry '…' for key; [e-mail] or [number] did not answer")
})
