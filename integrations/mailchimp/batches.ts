// Batches: operations that Mailchimp runs by itself, in no particular order. A finished batch is not a successful one:
// each operation has a result of its own.

import { z } from 'zod'
import type { CallContext, Caller } from '../client.ts'
import { lostAnswer, type VendorAnswer } from '../http.ts'
import type { ErrorRule, Problem } from '../rules.ts'
import { withQuery } from './paths.ts'
import type { Batch, BatchOperation, BatchResult, Mailchimp } from './verbs.ts'

/** Compressed; a thousand results are about a tenth of a megabyte. */
const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
const FIELDS = [
  'id',
  'status',
  'total_operations',
  'finished_operations',
  'errored_operations',
  'response_body_url',
]

const BatchAnswer = z
  .object({
    id: z.string(),
    status: z.enum(['pending', 'preprocessing', 'started', 'finalizing', 'finished']),
    total_operations: z.number().default(0),
    finished_operations: z.number().default(0),
    errored_operations: z.number().default(0),
    response_body_url: z.string().nullish(),
  })
  .transform(
    (batch): Batch => ({
      id: batch.id,
      status: batch.status,
      total: batch.total_operations,
      finished: batch.finished_operations,
      errored: batch.errored_operations,
      resultUrl: batch.response_body_url || undefined,
    }),
  )

/** The files lie at a storage service of its own, whose refusals mean something else than the API's. */
export const RESULT_RULES: readonly ErrorRule[] = [
  {
    status: [400, 403, 404, 410],
    errorClass: 'TRANSIENT',
    meaning: 'the address of the results is good for ten minutes; read the batch again for a new one',
  },
]

/** A refusal of the storage service: only its status counts. */
export function resultProblem({ status }: VendorAnswer): Problem | undefined {
  if (status >= 200 && status < 300) return undefined
  const code = status < 500 ? 'RESULT_URL_EXPIRED' : `HTTP_${status}`
  return { status, code, detail: '' }
}

type BatchVerbs = Pick<Mailchimp, 'startBatch' | 'batch' | 'batchResults'>

/** `download` reaches the storage service, by `RESULT_RULES`. */
export function createBatches(call: Caller, download: Caller): BatchVerbs {
  return {
    startBatch: (operations, context) => startBatch(call, operations, context),
    batch: (id, context) => readBatch(call, id, context),
    batchResults: (url, context) => batchResults(download, url, context),
  }
}

async function startBatch(
  call: Caller,
  operations: readonly BatchOperation[],
  context: CallContext,
): Promise<Batch> {
  return call(
    {
      operation: 'startBatch',
      method: 'POST',
      path: '/batches',
      body: { operations: operations.map(operationBody) },
      repeatable: false,
      answer: BatchAnswer,
    },
    context,
  )
}

/** The body of an operation travels as JSON in a string. */
function operationBody({ method, path, operationId, body }: BatchOperation): object {
  return { method, path, operation_id: operationId, body: JSON.stringify(body) }
}

async function readBatch(call: Caller, id: string, context: CallContext): Promise<Batch> {
  const path = withQuery(`/batches/${encodeURIComponent(id)}`, { fields: FIELDS.join() })
  const answer = BatchAnswer
  return call({ operation: 'batch', method: 'GET', path, repeatable: true, answer }, context)
}

/** The address carries its own permission, so our key stays here. */
async function batchResults(download: Caller, url: string, context: CallContext): Promise<BatchResult[]> {
  const operation = 'batchResults'
  // Loaded when it is needed: few processes ever read an archive.
  const { readResults } = await import('./archive.ts')
  const archive = await download(
    {
      operation,
      method: 'GET',
      path: '',
      url,
      anonymous: true,
      repeatable: true,
      raw: true,
      answer: z.instanceof(Buffer),
      maxAnswerBytes: MAX_ARCHIVE_BYTES,
    },
    context,
  )
  try {
    return await readResults(archive)
  } catch {
    const request = { vendor: 'mailchimp', operation, repeatable: true } as const
    throw lostAnswer(request, 'ANSWER_NOT_UNDERSTOOD', 'the archive of results cannot be read')
  }
}
