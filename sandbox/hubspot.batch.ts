import { type Call, Refusal, type Reply } from './exchange.ts'
import type { Associations } from './hubspot.associations.ts'
import { errorReply, refuse, refuseIssues } from './hubspot.errors.ts'
import { type Kind, rules } from './hubspot.kinds.ts'
import { described, type Records, upsertProblem } from './hubspot.records.ts'
import {
  associationsShape,
  batchCreateShape,
  batchReadShape,
  batchUpdateShape,
  upsertShape,
} from './hubspot.shapes.ts'
import { read, type Shape } from './shape.ts'

/** The JSON body, or a refusal in HubSpot's words. */
export function bodyOf<T>(call: Call, shape: Shape<T>): T {
  if (!call.headers['content-type']?.startsWith('application/json')) {
    throw new Refusal({ status: 415, body: { message: 'Unsupported Media Type' } })
  }
  return read(shape, parsed(call.body), refuseIssues)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON on line 1, column 1')
  }
}

/**
 * Inputs that cannot be written fail the whole batch, unless each carries an objectWriteTraceId:
 * then the good ones are written and the others are listed with 207.
 */
export function upsert(records: Records, call: Call): Reply {
  const { inputs } = bodyOf(call, upsertShape)
  refuseRepeated(inputs)
  const checked = inputs.map((input) => ({ input, problem: upsertProblem(records, input) }))
  const failed = checked.flatMap(({ input, problem }) => (problem ? { input, problem } : []))
  const isTraced = inputs.every((input) => input.objectWriteTraceId !== undefined)
  if (failed[0] && !isTraced) throw failed[0].problem
  const good = checked.filter(({ problem }) => !problem).map(({ input }) => records.upsert(input))
  const results = good.map(({ record, isNew }) => ({ ...record, new: isNew }))
  const errors = failed.map(({ input, problem }) => traced(problem.reply.body, input.objectWriteTraceId))
  return batch(results, errors)
}

function traced(body: unknown, traceId: string | undefined): object {
  return { ...(body as object), context: { objectWriteTraceId: [traceId] } }
}

export function batch(results: object[], errors: object[], status = 200): Reply {
  const at = new Date().toISOString()
  const body = { status: 'COMPLETE', results, startedAt: at, completedAt: at }
  if (errors.length === 0) return { status, body }
  return { status: 207, body: { ...body, numErrors: errors.length, errors } }
}

/** Refuses a batch that names the same record twice. */
function refuseRepeated(inputs: { id: string }[]): void {
  const ids = inputs.map((input) => input.id.toLowerCase())
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  if (repeated === undefined) return
  throw new Refusal(
    errorReply(409, 'CONFLICT', `Duplicate IDs found in batch input: [${repeated}]. IDs must be unique`),
  )
}

/** Creates all or none: the first that is in conflict fails the batch. */
export function createBatch(records: Records, associations: Associations, call: Call): Reply {
  const { inputs } = bodyOf(call, batchCreateShape)
  const emails = inputs.map(({ properties }) => properties.email?.toLowerCase()).filter(Boolean)
  if (new Set(emails).size < emails.length) refuse(409, 'CONFLICT', 'Duplicate values found in batch input')
  for (const { properties } of inputs) records.check(properties, undefined)
  const ends = inputs.map((input) => associations.targets(records.kind, input.associations ?? []))
  const results = inputs.map(({ properties }, index) => {
    const record = records.create(properties)
    for (const end of ends[index] ?? []) associations.link({ kind: records.kind, id: record.id }, end)
    return record
  })
  return batch(results, [], 201)
}

/** Ids that lead nowhere change nothing and are not mentioned, as with the original and an e-mail for an id. */
export function updateBatch(records: Records, call: Call): Reply {
  const { inputs } = bodyOf(call, batchUpdateShape)
  refuseRepeated(inputs)
  const found = inputs.flatMap(({ id, idProperty, properties }) => {
    const record = idProperty === 'email' ? undefined : records.find(id, idProperty ?? null)
    return record ? { record, properties } : []
  })
  for (const { record, properties } of found) records.check(properties, record)
  return batch(
    found.map(({ record, properties }) => records.change(record.id, null, properties)),
    [],
  )
}

/** Reads many at once; ids that do not exist are listed with 207. */
export function readBatch(records: Records, call: Call): Reply {
  const order = bodyOf(call, batchReadShape)
  const looked = order.inputs.map(({ id }) => ({ id, record: records.find(id, order.idProperty ?? null) }))
  const results = looked.flatMap(({ record }) =>
    record ? described(records.kind, record, order.properties ?? null) : [],
  )
  const missing = looked.filter(({ record }) => !record).map(({ id }) => id)
  if (missing.length === 0) return batch(results, [])
  const message = `Could not get some ${rules[records.kind].singular} objects, they may be deleted or not exist. Check that ids are valid.`
  const reply = errorReply(404, 'OBJECT_NOT_FOUND', message)
  return batch(results, [{ ...(reply.body as object), context: { ids: missing } }])
}

/** The other ends of many records at once; those without any are listed with 207. */
export function readAssociations(associations: Associations, from: Kind, to: Kind, call: Call): Reply {
  const { inputs } = bodyOf(call, associationsShape)
  const looked = inputs.map(({ id, after }) => ({
    id,
    page: associations.page({ kind: from, id }, to, after),
  }))
  const errors = looked
    .filter(({ page }) => !page)
    .map(({ id }) => ({
      ...(errorReply(404, 'OBJECT_NOT_FOUND', `No ${to} are associated with ${from} ${id}.`).body as object),
      subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
      context: { fromObjectId: [id] },
    }))
  return batch(
    looked.flatMap(({ page }) => page ?? []),
    errors,
  )
}
