// How Mandrill is asked: every method is a POST with the key in its body.

import { z } from 'zod'
import { type Call, type CallContext, type Caller, unlessAbsent } from '../client.ts'
import type { Expects } from '../make-call.ts'

interface Request<T> extends Omit<Call<T>, 'method' | 'body'> {
  /** Without the key. */
  body?: Record<string, unknown>
}

export type Ask = <T>(request: Request<T>, context: CallContext) => Promise<T>

export function createAsk(call: Caller, key: string): Ask {
  return ({ body, ...request }, context) =>
    call({ ...request, method: 'POST', body: { key, ...body } }, context)
}

/** The result of a call; undefined when Mandrill answers, by this name, that what the call names does not exist. */
export function unlessUnknown<T>(
  name: string,
  call: (expects: Expects) => Promise<T>,
): Promise<T | undefined> {
  return unlessAbsent(call, ({ code }) => code === name)
}

/** Mandrill's `YYYY-MM-DD HH:MM:SS` in UTC, with or without fractions of a second. */
export const utcTime = z
  .string()
  .transform((text) => new Date(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`))
  .pipe(z.date())

/** `YYYY-MM-DD HH:MM:SS` in UTC. */
export function utcText(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ')
}
