import { type Call, Refusal, type Reply } from './exchange.ts'
import { type createContacts, described, refuseRepeated } from './hubspot.contacts.ts'
import { errorReply, refuse, refuseIssues } from './hubspot.errors.ts'
import { batchReadShape, upsertShape } from './hubspot.shapes.ts'
import { read, type Shape } from './shape.ts'

type Contacts = ReturnType<typeof createContacts>

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
export function upsert(contacts: Contacts, call: Call): Reply {
  const { inputs } = bodyOf(call, upsertShape)
  refuseRepeated(inputs)
  const checked = inputs.map((input) => ({ input, problem: contacts.checkUpsert(input) }))
  const failed = checked.flatMap(({ input, problem }) => (problem ? { input, problem } : []))
  const isTraced = inputs.every((input) => input.objectWriteTraceId !== undefined)
  if (failed[0] && !isTraced) throw failed[0].problem
  const good = checked.filter(({ problem }) => !problem).map(({ input }) => contacts.upsert(input))
  const results = good.map(({ contact, isNew }) => ({ ...contact, new: isNew }))
  const errors = failed.map(({ input, problem }) => traced(problem.reply.body, input.objectWriteTraceId))
  return batch(results, errors)
}

function traced(body: unknown, traceId: string | undefined): object {
  return { ...(body as object), context: { objectWriteTraceId: [traceId] } }
}

function batch(results: object[], errors: object[]): Reply {
  const at = new Date().toISOString()
  const body = { status: 'COMPLETE', results, startedAt: at, completedAt: at }
  if (errors.length === 0) return { status: 200, body }
  return { status: 207, body: { ...body, numErrors: errors.length, errors } }
}

/** Reads many at once; ids that do not exist are listed with 207. */
export function readBatch(contacts: Contacts, call: Call): Reply {
  const order = bodyOf(call, batchReadShape)
  const looked = order.inputs.map(({ id }) => ({ id, contact: contacts.find(id, order.idProperty ?? null) }))
  const results = looked.flatMap(({ contact }) => (contact ? described(contact, order.properties) : []))
  const missing = looked.filter(({ contact }) => !contact).map(({ id }) => id)
  if (missing.length === 0) return batch(results, [])
  const reply = errorReply(
    404,
    'OBJECT_NOT_FOUND',
    'Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.',
  )
  return batch(results, [{ ...(reply.body as object), context: { ids: missing } }])
}
