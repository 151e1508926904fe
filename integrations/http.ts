// The only home of `fetch`. It sends one request and reports what came back; it never retries, logs or follows a
// redirect (a redirect would carry our key to another host).

import { type Vendor, VendorError } from './errors.ts'

export interface VendorRequest {
  vendor: Vendor
  operation: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers: Record<string, string>
  /** Sent as JSON; `URLSearchParams` as a form, `FormData` as multipart. */
  body?: unknown
  /** Whether sending it twice does the same as once. If not, a lost answer is `UNKNOWN`. */
  repeatable: boolean
  /** Milliseconds until we stop waiting; default per vendor, see `TIMEOUT_MS`. */
  timeoutMs?: number | undefined
  correlationId?: string | undefined
  /** Largest answer taken, in bytes; default 2 MB. */
  maxAnswerBytes?: number | undefined
}

export interface VendorAnswer {
  status: number
  headers: Headers
  /** The parsed body; undefined when it is empty or not JSON (Mailchimp's proxies answer in HTML). */
  json: unknown
  bytes: Buffer
}

const TIMEOUT_MS: Record<Vendor, number> = {
  mailchimp: 30_000,
  mandrill: 30_000,
  smtp: 30_000,
  whatsapp: 20_000,
  hubspot: 20_000,
  twenty: 20_000,
}
const MAX_ANSWER_BYTES = 2 * 1024 * 1024

/** Failures of name lookup, connecting or the TLS handshake: no byte of the request has left. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|EPROTO)$|CERT|LEAF_SIGNATURE|^ERR_SSL_(WRONG_VERSION|UNSUPPORTED_PROTOCOL|PACKET_LENGTH|NO_|TLSV1_UNRECOGNIZED_NAME|TLSV1_ALERT_(PROTOCOL|INTERNAL)|.*HANDSHAKE)/
/** What Node says of such failures that have no code of their own. */
const NEVER_SENT_TEXT = /before secure TLS connection was established|^bad port$/

/**
 * Sends one request and returns the answer whatever its HTTP status. Throws a `VendorError` when no answer came in the
 * time the vendor or the signal gives it, and the signal's own reason when the caller gave up and nothing can have happened
 * (or happening is harmless).
 */
export async function callVendor(request: VendorRequest, signal: AbortSignal): Promise<VendorAnswer> {
  signal.throwIfAborted()
  const init = prepare(request)
  const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS[request.vendor])
  try {
    const response = await fetch(request.url, { ...init, signal: AbortSignal.any([signal, timeout]) })
    const bytes = await readCapped(response, request.maxAnswerBytes ?? MAX_ANSWER_BYTES)
    return { status: response.status, headers: response.headers, json: parseJson(bytes), bytes }
  } catch (error) {
    throw failure(request, error, signal, timeout)
  }
}

/** Checks address and headers before anything is sent; Node's own message about a bad header quotes the key. */
function prepare({ method, url, headers, body, correlationId, ...request }: VendorRequest): RequestInit {
  try {
    new URL(url)
    const all = new Headers({ accept: 'application/json', ...headers })
    if (correlationId) all.set('x-correlation-id', correlationId)
    const own = body instanceof URLSearchParams || body instanceof FormData
    if (body !== undefined && !own) all.set('content-type', 'application/json')
    return {
      method,
      headers: all,
      body: body === undefined ? null : own ? body : JSON.stringify(body),
      redirect: 'manual',
    }
  } catch {
    const meaning = 'not sent: the base URL or a credential is not usable in a request'
    throw new VendorError({ ...request, errorClass: 'PERMANENT', code: 'INVALID_REQUEST', meaning })
  }
}

async function readCapped(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw Object.assign(new Error('answer too large'), { code: 'ANSWER_TOO_LARGE' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

function failure(request: VendorRequest, error: unknown, signal: AbortSignal, timeout: AbortSignal): unknown {
  const { code, neverSent } = inspect(error)
  const late = timeout.aborted || isTimeout(signal)
  if (signal.aborted && !late && (neverSent || request.repeatable)) return signal.reason
  const { vendor, operation } = request
  if (neverSent) {
    const meaning = 'the vendor was not reached, nothing was sent'
    return new VendorError({ vendor, operation, errorClass: 'TRANSIENT', code, meaning })
  }
  const lost = late ? 'TIMEOUT' : signal.aborted ? 'ABORTED' : code
  return lostAnswer(request, lost, 'the answer was lost')
}

/**
 * Whether a signal ended because its time was up: that the vendor did not answer in it is the vendor's failure, which
 * giving up for another reason (cancelled, shut down) is not.
 */
export function isTimeout({ aborted, reason }: Pick<AbortSignal, 'aborted' | 'reason'>): boolean {
  return aborted && (reason as { name?: unknown } | undefined)?.name === 'TimeoutError'
}

/** The request left, the answer did not arrive or cannot be read: harmless if it may be repeated, else `UNKNOWN`. */
export function lostAnswer(
  request: Pick<VendorRequest, 'vendor' | 'operation' | 'repeatable'>,
  code: string,
  what: string,
  status?: number,
): VendorError {
  const { vendor, operation, repeatable } = request
  const errorClass = repeatable ? 'TRANSIENT' : 'UNKNOWN'
  const meaning = repeatable ? `${what}; safe to repeat` : `${what}; the request may have been executed`
  return new VendorError({ vendor, operation, errorClass, code, meaning, status })
}

/** fetch says "fetch failed" and hides the system error in `cause`; only connecting gives an AggregateError. */
function inspect(error: unknown): { code: string; neverSent: boolean } {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error
  const { code, syscall, message } = (cause ?? {}) as { code?: unknown; syscall?: unknown; message?: unknown }
  const name = typeof code === 'string' ? code : 'NETWORK'
  const connecting = syscall === 'connect' || cause instanceof AggregateError
  return {
    code: name,
    neverSent: connecting || NEVER_SENT.test(name) || NEVER_SENT_TEXT.test(String(message)),
  }
}
