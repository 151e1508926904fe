// What the vendors have in common: one authenticated caller that turns an answer into a value or a VendorError.

import type { z } from 'zod'
import { type ErrorClass, type Vendor, VendorError } from './errors.ts'
import type { CallGate, CallPriority } from './gate.ts'
import { callVendor, lostAnswer, type VendorAnswer, type VendorRequest } from './http.ts'
import { type Expects, makeCall, type Seen } from './make-call.ts'
import { classify, type ErrorRule, type Problem } from './rules.ts'

/** Given to every verb. */
export interface CallContext {
  /** Cancel, shutdown or the job's time limit. */
  signal: AbortSignal
  /** Travels as `X-Correlation-Id`, so that one request can be followed through every log. */
  correlationId?: string | undefined
  /** Who goes first where the account's limits are reached; default `NORMAL`. */
  priority?: CallPriority | undefined
}

/** One finished call, for metrics. */
export interface CallReport {
  vendor: Vendor
  operation: string
  /** Absent when no answer came. */
  status: number | undefined
  ms: number
  outcome: 'OK' | 'ABORTED' | ErrorClass
}

/** Settings every vendor has beside its address, credentials and ids. */
export interface CallSettings {
  /** Milliseconds to wait for an answer; default 30,000 for Mailchimp and Mandrill, 20,000 for WhatsApp and HubSpot. */
  timeoutMs?: number | undefined
  /** Keeps the account's limits and stops calls while the vendor is down; without it every call goes out at once. */
  gate?: CallGate | undefined
  /** Called once after each call; a failure of it is ignored. */
  onCall?: ((report: CallReport) => void) | undefined
}

interface Connection {
  vendor: Vendor
  baseUrl: string
  headers: Record<string, string>
  /** Must never appear in an error's text. */
  credential: string
  rules: readonly ErrorRule[]
  /** Reads a refusal out of an answer; undefined = the call was done. */
  problemOf(answer: VendorAnswer): Problem | undefined
  settings: CallSettings
}

export interface Call<T>
  extends Pick<VendorRequest, 'operation' | 'method' | 'body' | 'repeatable' | 'maxAnswerBytes'> {
  /** After the base URL, with its query. */
  path: string
  /** Whole address in place of base URL and path, for the few files vendors keep elsewhere. */
  url?: string
  /** Leaves the account's headers out: the address is a signed one of another host. */
  anonymous?: boolean
  /** What the answer must look like; anything else counts as a lost answer. */
  answer: z.ZodType<T>
  /** Hands the bytes of the answer over instead of its JSON; `answer` then takes a `Buffer`. */
  raw?: boolean
  /** Values of the person concerned, kept out of error texts. */
  personal?: readonly (string | undefined)[]
  /** Whom a message goes to, where the vendor limits messages to one person. */
  recipient?: string
  /** The kind of call, where the vendor limits one apart from the others. */
  kind?: string
  /** Whether a refusal is an answer the verb reckons with, and so no error of the account; it is thrown all the same. */
  expects?: Expects | undefined
}

export type Caller = <T>(call: Call<T>, context: CallContext) => Promise<T>

/** A caller for one account. It makes no connection before the first call and holds no state. */
export function createCaller(connection: Connection): Caller {
  const { vendor, settings } = connection
  return (call, context) => {
    const { operation, recipient, repeatable, kind, expects } = call
    return makeCall(settings, { vendor, operation, recipient, repeatable, kind, expects }, context, (seen) =>
      exchange(connection, call, context, seen),
    )
  }
}

async function exchange<T>(to: Connection, call: Call<T>, context: CallContext, seen: Seen): Promise<T> {
  const { vendor, settings } = to
  const { operation, method, body, repeatable, maxAnswerBytes } = call
  const url = call.url ?? to.baseUrl.replace(/\/+$/, '') + call.path
  const headers = call.anonymous ? {} : to.headers
  const { correlationId } = context
  const request = { vendor, operation, method, url, headers, body, repeatable, correlationId, maxAnswerBytes }
  const answer = await callVendor({ ...request, timeoutMs: settings.timeoutMs }, context.signal)
  seen.status = answer.status
  const problem = to.problemOf(answer)
  if (problem) throw classify(request, withHeaders(problem, answer.headers), to.rules, knownValues(to, call))
  const result = call.answer.safeParse(call.raw ? answer.bytes : answer.json)
  if (!result.success)
    throw lostAnswer(request, 'ANSWER_NOT_UNDERSTOOD', 'the answer has another form', answer.status)
  return result.data
}

function knownValues(to: Connection, call: Pick<Call<unknown>, 'personal'>): string[] {
  return [to.credential, ...(call.personal ?? [])].filter((value) => value !== undefined)
}

function withHeaders(problem: Problem, headers: Headers): Problem {
  const requestId = problem.requestId ?? headers.get('x-request-id') ?? undefined
  return {
    ...problem,
    requestId,
    retryAfterMs: problem.retryAfterMs ?? retryAfter(headers.get('retry-after')),
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110 10.2.3), in milliseconds. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

/**
 * The result of a call; undefined when the vendor answers that there is no such thing, by default with a 404. The call is
 * made with the `expects` it is handed, so that this answer is no error of the account.
 */
export async function unlessAbsent<T>(
  call: (expects: Expects) => Promise<T>,
  isAbsent: Expects = ({ status }) => status === 404,
): Promise<T | undefined> {
  try {
    return await call(isAbsent)
  } catch (error) {
    if (error instanceof VendorError && isAbsent(error)) return undefined
    throw error
  }
}
