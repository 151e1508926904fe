import type { z } from 'zod'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import type { Builder } from './builder.ts'
import { inputTypeName } from './job-names.ts'

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

/** The GraphQL type of a definition's input. */
export function jobInputType(builder: Builder, { name, input }: AnyJobDefinition): TypeRef {
  const type = typeOf(builder, input as unknown as Schema, inputTypeName(name))
  return Array.isArray(type) ? 'JSON' : type
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
      return objectOf(builder, def.shape as Record<string, Schema>, name)
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
  const named = values.map((value) => [String(value).replace(/\W/g, '_').toUpperCase(), { value }] as const)
  const usable =
    named.every(([key]) => /^[_A-Z]\w*$/.test(key)) &&
    new Set(named.map(([key]) => key)).size === values.length
  return usable ? builder.enumType(name, { values: Object.fromEntries(named) }) : 'String'
}

function objectOf(builder: Builder, shape: Record<string, Schema>, name: string): TypeRef {
  const entries = Object.entries(shape)
  if (entries.length === 0 || entries.some(([key]) => !/^[A-Za-z]\w*$/.test(key))) return 'JSON'
  const types = entries.map(([key, schema]) => ({
    key,
    type: typeOf(
      builder,
      schema,
      `${name.replace(/Input$/, '')}${key.charAt(0).toUpperCase()}${key.slice(1)}Input`,
    ),
    required: !mayBeLeftOut(schema) && !acceptsNull(schema),
    description: (schema as { description?: string }).description,
  }))
  return builder.inputType(name, {
    fields: (t) =>
      Object.fromEntries(
        types.map(({ key, type, required, description }) => [
          key,
          t.field({ type: type as 'JSON', required, ...(description && { description }) }),
        ]),
      ),
  })
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
