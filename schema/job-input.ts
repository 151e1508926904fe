import type { z } from 'zod'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import type { Builder, InputFields, InputRef } from './builder.ts'
import { type EnqueueFields, enqueueFieldNames, enqueueFields } from './enqueue-fields.ts'
import { inputTypeName, mutationName } from './job-names.ts'

/**
 * Turns the Zod schema of a job's input into a GraphQL input type. Objects, texts, numbers, booleans, enums and lists
 * keep their types; everything else becomes JSON. Zod still checks the values when the job is enqueued.
 */

type Schema = z.core.$ZodTypes
type TypeRef =
  | ReturnType<Builder['inputType']>
  | ReturnType<Builder['enumType']>
  | 'String'
  | 'Int'
  | 'Float'
  | 'Boolean'
  | 'JSON'
type ListOrType = TypeRef | [TypeRef]

type JobInput = EnqueueFields & Record<string, unknown>
type Shape = Record<string, Schema>

/**
 * The input type of the mutation that starts a job: the fields of the job's own input and, beside them, how it is to be
 * enqueued. An input that is no object of named fields goes into one field, `input`, as JSON.
 * @throws when the job has a field named like one of the options
 */
export function jobInputType(builder: Builder, { name, input }: AnyJobDefinition): InputRef<JobInput> {
  const typeName = inputTypeName(name)
  const shape = shapeOf(input as unknown as Schema)
  const taken = enqueueFieldNames.find((option) => shape && option in shape)
  if (taken)
    throw new Error(
      `The input of job ${name} must not have a field "${taken}": ${mutationName(name)} has an option of that name`,
    )
  const own = shape ? fieldsOf(builder, shape, typeName) : jsonField
  return builder.inputType(typeName, { fields: (t) => ({ ...own(t), ...enqueueFields(t) }) }) as never
}

/** The job's own input in what its mutation was given. */
export function jobInputOf(definition: AnyJobDefinition, value: JobInput): unknown {
  const own = Object.entries(value).filter(([key]) => !enqueueFieldNames.some((option) => option === key))
  const input = shapeOf(definition.input as unknown as Schema) ? Object.fromEntries(own) : value.input
  return withoutOptionalNulls(definition, input)
}

const jsonField = (t: InputFields) => ({
  input: t.field({ type: 'JSON', required: true, description: 'The input of the job.' }),
})

/** The fields of an object; undefined when they cannot all be fields of GraphQL. */
function shapeOf({ _zod: { def } }: Schema): Shape | undefined {
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault')
    return shapeOf(def.innerType as Schema)
  if (def.type !== 'object') return undefined
  return Object.keys(def.shape).every((key) => /^[A-Za-z]\w*$/.test(key)) ? (def.shape as Shape) : undefined
}

function typeOf(builder: Builder, schema: Schema, name: string): ListOrType {
  const { def } = schema._zod
  switch (def.type) {
    case 'string':
      return 'String'
    case 'boolean':
      return 'Boolean'
    case 'number':
      return isInteger(schema as z.core.$ZodNumber) ? 'Int' : 'Float'
    case 'enum':
      return enumOf(builder, Object.values(def.entries), name)
    case 'optional':
    case 'default':
    case 'prefault':
      return typeOf(builder, def.innerType as Schema, name)
    case 'array':
      return listOf(typeOf(builder, def.element as Schema, name))
    case 'object':
      return objectOf(builder, schema, name)
    default:
      return 'JSON'
  }
}

/** A list of lists has no place in a form; it becomes JSON. */
const listOf = (type: ListOrType): ListOrType => (Array.isArray(type) ? 'JSON' : [type])

function isInteger(schema: z.core.$ZodNumber): boolean {
  const formats = [schema, ...(schema._zod.def.checks ?? [])].map(
    ({ _zod }) => (_zod.def as { format?: string }).format,
  )
  return formats.some((format) => format?.includes('int'))
}

function enumOf(builder: Builder, values: (string | number)[], name: string): TypeRef {
  const named = values.map((value) => {
    const description = `\`${value}\` in the input of the job.`
    return [String(value).replace(/\W/g, '_').toUpperCase(), { value, description }] as const
  })
  const usable =
    named.every(([key]) => /^[_A-Z]\w*$/.test(key)) &&
    new Set(named.map(([key]) => key)).size === values.length
  return usable
    ? builder.enumType(name, { description: 'Values the job takes.', values: Object.fromEntries(named) })
    : 'String'
}

function objectOf(builder: Builder, schema: Schema, name: string): TypeRef {
  const shape = shapeOf(schema)
  if (!shape || Object.keys(shape).length === 0) return 'JSON'
  return builder.inputType(name, { fields: fieldsOf(builder, shape, name) })
}

function fieldsOf(builder: Builder, shape: Shape, name: string) {
  const fields = Object.entries(shape).map(([key, schema]) => ({
    key,
    type: typeOf(builder, schema, innerName(name, key)) as 'JSON',
    required: !mayBeLeftOut(schema) && !acceptsNull(schema),
    ...described(schema),
  }))
  return (t: InputFields) => Object.fromEntries(fields.map(({ key, ...options }) => [key, t.field(options)]))
}

const innerName = (name: string, key: string) =>
  `${name.replace(/Input$/, '')}${key.charAt(0).toUpperCase()}${key.slice(1)}Input`

function described(schema: Schema): { description?: string } {
  const { description } = schema as { description?: string }
  return description ? { description } : {}
}

/** GraphQL lets a caller write null for what may be left out; Zod does not. Drops those nulls, however deep. */
export function withoutOptionalNulls(definition: AnyJobDefinition, value: unknown): unknown {
  return clean(definition.input as unknown as Schema, value)
}

const mayBeLeftOut = (schema: Schema) => schema._zod.optin !== undefined

function acceptsNull(schema: Schema): boolean {
  const { def } = schema._zod
  return def.type === 'nullable' || ('innerType' in def && acceptsNull(def.innerType as Schema))
}

function clean(schema: Schema, value: unknown): unknown {
  const { def } = schema._zod
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault')
    return clean(def.innerType as Schema, value)
  if (def.type === 'array' && Array.isArray(value))
    return value.map((item) => clean(def.element as Schema, item))
  if (def.type !== 'object' || value === null || typeof value !== 'object') return value
  const shape = def.shape as Record<string, Schema | undefined>
  const meant = ([key, inner]: [string, unknown]) =>
    inner !== null || !shape[key] || !mayBeLeftOut(shape[key]) || acceptsNull(shape[key])
  return Object.fromEntries(
    Object.entries(value)
      .filter(meant)
      .map(([key, inner]) => [key, shape[key] ? clean(shape[key], inner) : inner]),
  )
}
