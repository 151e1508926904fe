import { beforeEach, describe, expect, test } from 'vitest'
import { VendorError } from './errors.ts'
import { createTokenSource, type OAuthToken } from './oauth.ts'
import { failureOf } from './stub.ts'

const { signal } = new AbortController()
const MINUTE = 60_000

/** What all processes share: one stored token, one lock, one vendor. */
let shared: { token: OAuthToken | undefined; refreshes: number; time: number; failure: Error | undefined }
let queue: Promise<unknown>
beforeEach(() => {
  shared = { token: undefined, refreshes: 0, time: Date.parse('2026-11-24T10:00:00Z'), failure: undefined }
  queue = Promise.resolve()
})

function lock<T>(work: () => Promise<T>): Promise<T> {
  const turn = queue.then(work)
  queue = turn.catch(() => undefined)
  return turn
}

/** One process's source over what is shared. */
const source = () =>
  createTokenSource({
    read: async () => shared.token,
    store: async (token) => {
      shared.token = token
    },
    lock,
    now: () => shared.time,
    async refresh(known) {
      shared.refreshes += 1
      const failure = shared.failure
      await new Promise(setImmediate)
      if (failure) throw failure
      const obtainedAt = new Date(shared.time)
      return {
        accessToken: `access-${shared.refreshes}`,
        refreshToken: known?.refreshToken ?? 'refresh',
        obtainedAt,
        expiresAt: new Date(shared.time + 30 * MINUTE),
      }
    },
  })

const failure = (errorClass: 'TRANSIENT' | 'THROTTLED' | 'AUTH') =>
  new VendorError({ vendor: 'hubspot', operation: 'refreshToken', errorClass, code: 'X', meaning: 'why' })

describe('access tokens', () => {
  test('the first call gets one, and it is used for four fifths of its life', async () => {
    const tokens = source()
    expect(await tokens.current(signal)).toBe('access-1')
    shared.time += 24 * MINUTE - 1
    expect(await tokens.current(signal)).toBe('access-1')
    shared.time += 1
    expect(await tokens.current(signal)).toBe('access-2')
    expect(shared.token).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh' })
  })

  test('two processes with forty calls at the end of a token’s life renew it once', async () => {
    const both = [source(), source()]
    await both[0]!.current(signal)
    shared.time += 25 * MINUTE
    const calls = Array.from({ length: 40 }, (_, index) => both[index % 2]!.current(signal))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['access-2']))
    expect(shared.refreshes).toBe(2)
  })

  test('two processes whose token was refused renew it once', async () => {
    const both = [source(), source()]
    const refused = await both[0]!.current(signal)
    const renewed = await Promise.all(both.map((tokens) => tokens.renew(refused, signal)))
    expect(renewed).toEqual(['access-2', 'access-2'])
    expect(shared.refreshes).toBe(2)
  })

  test.each(['TRANSIENT', 'THROTTLED'] as const)(
    'when a renewal ahead of time fails (%s), the old token serves to its end, then the failure is told',
    async (errorClass) => {
      const tokens = source()
      await tokens.current(signal)
      shared.failure = failure(errorClass)
      shared.time += 30 * MINUTE - 1
      expect(await tokens.current(signal)).toBe('access-1')
      shared.time += 1
      expect(await failureOf(tokens.current(signal))).toMatchObject({ errorClass })
      shared.failure = undefined
      expect(await tokens.current(signal)).toBe('access-4')
    },
  )

  test('a dead refresh token is told at once, while the old access token is still good', async () => {
    const tokens = source()
    await tokens.current(signal)
    shared.failure = failure('AUTH')
    shared.time += 25 * MINUTE
    expect(await failureOf(tokens.current(signal))).toMatchObject({ errorClass: 'AUTH' })
  })
})
