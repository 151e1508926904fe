/** Batches: operations that are done later, by the same handlers as single calls (integrations.md 3.6). */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Call, Refusal, type Reply } from './exchange.ts'
import { nowInSeconds, stamp } from './mailchimp.answers.ts'
import { archiveOf, type Result } from './mailchimp.archive.ts'
import { problem } from './mailchimp.problems.ts'
import type { Surroundings } from './mailchimp.webhooks.ts'
import { anything, list, type Of, object, record, text } from './shape.ts'

const operation = object(
  {
    method: text({ oneOf: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] }),
    path: text({ pattern: /^\/(?!batches|3\.0)/, message: 'should be a path such as /lists/a6b5da1054' }),
  },
  { params: record(anything), body: text(), operation_id: text() },
)
/** `body` is a text that contains JSON. */
export const batchShape = object({ operations: list(operation, { min: 1 }) })
type Operation = Of<typeof operation>

type Batch = {
  id: string
  status: 'pending' | 'preprocessing' | 'started' | 'finalizing' | 'finished'
  total: number
  finished: number
  errored: number
  submittedAt: number
  completedAt: number | null
  archive: Buffer | null
}
type Tools = { run: (call: Call) => Promise<Reply>; tellHooks: (data: Record<string, string>) => void }
export type Batches = ReturnType<typeof createBatches>

const PENDING_MOST = 500
/** So many operations in a row, then others get a turn. */
const TURN = 100

export function createBatches({ settings, courier }: Surroundings, { run, tellHooks }: Tools) {
  const batches = new Map<string, Batch>()
  const secret = randomBytes(16)

  function get(id: string): Batch {
    const batch = batches.get(id)
    if (!batch) throw new Refusal(problem(404))
    return batch
  }

  function start(origin: Call, operations: Operation[]): Batch {
    if ([...batches.values()].filter(({ status }) => status !== 'finished').length >= PENDING_MOST) {
      throw new Refusal(problem(429, 'TooManyRequests', 'There are 500 pending batches already.'))
    }
    const batch = newBatch(operations.length)
    batches.set(batch.id, batch)
    step(batch, 'preprocessing', () => step(batch, 'started', () => void work(batch, origin, operations)))
    return batch
  }

  function step(batch: Batch, status: Batch['status'], then: () => void): void {
    courier.later(Math.max(1, settings.mailchimpBatchMs / 4), () => {
      if (!batches.has(batch.id)) return
      batch.status = status
      then()
    })
  }

  async function work(batch: Batch, origin: Call, operations: Operation[]): Promise<void> {
    const results: Result[] = []
    for (const each of operations) {
      if (!batches.has(batch.id)) return
      const result = await resultOf(run, origin, each)
      results.push(result)
      batch.finished += 1
      if (result.status_code >= 300) batch.errored += 1
      if (batch.finished % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    batch.archive = await archiveOf(batch.id, results)
    step(batch, 'finalizing', () => step(batch, 'finished', () => finish(batch, origin)))
  }

  function finish(batch: Batch, origin: Call): void {
    batch.completedAt = nowInSeconds()
    tellHooks(
      Object.fromEntries(
        Object.entries(describe(batch, origin)).map(([name, value]) => [`data[${name}]`, String(value)]),
      ),
    )
  }

  function describe(batch: Batch, call: Call) {
    return {
      id: batch.id,
      status: batch.status,
      total_operations: batch.total,
      finished_operations: batch.finished,
      errored_operations: batch.errored,
      submitted_at: stamp(batch.submittedAt),
      completed_at: stamp(batch.completedAt),
      response_body_url: batch.completedAt ? resultUrl(batch.id, call) : '',
    }
  }

  function resultUrl(id: string, { headers }: Call): string {
    const expires = Math.floor((Date.now() + settings.mailchimpBatchUrlMs) / 1000)
    const query = new URLSearchParams({ Expires: String(expires), Signature: sign(id, expires) })
    return `http://${headers.host}/mc/results/${id}-response.tar.gz?${query}`
  }

  function sign(id: string, expires: number): string {
    return createHmac('sha256', secret).update(`${id} ${expires}`).digest('base64')
  }

  /** The results for whoever has the address, as long as it is good. */
  function download(id: string, query: URLSearchParams): Reply {
    const expires = Number(query.get('Expires'))
    const expected = Buffer.from(sign(id, expires))
    const given = Buffer.from(query.get('Signature') ?? '')
    const archive = batches.get(id)?.archive
    if (!archive) return storageError(404, 'NoSuchKey', 'The specified key does not exist.')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return storageError(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
    }
    if (Date.now() >= expires * 1000) return storageError(403, 'AccessDenied', 'Request has expired')
    return { status: 200, body: archive, headers: { 'content-type': 'application/x-gzip' } }
  }

  return {
    get,
    start,
    describe,
    download,
    all: () => [...batches.values()],
    remove: (id: string) => batches.delete(get(id).id),
  }
}

function newBatch(total: number): Batch {
  const id = randomBytes(5).toString('hex')
  const counts = { total, finished: 0, errored: 0 }
  return { id, status: 'pending', ...counts, submittedAt: nowInSeconds(), completedAt: null, archive: null }
}

/** Does one operation as if it had been a call of its own. */
async function resultOf(run: Tools['run'], origin: Call, operation: Operation): Promise<Result> {
  const { method, path, params = {}, body = '', operation_id = '' } = operation
  const url = new URL(path, 'http://sandbox')
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, String(value))
  const call = {
    ...origin,
    method,
    path: url.pathname,
    query: url.searchParams,
    body,
    bytes: Buffer.from(body),
  }
  const reply = await run(call)
  return {
    status_code: reply.status,
    operation_id,
    response: reply.body === undefined ? '' : JSON.stringify(reply.body),
  }
}

/** The storage behind the address answers in XML. */
function storageError(status: number, code: string, message: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, body, headers: { 'content-type': 'application/xml' } }
}
