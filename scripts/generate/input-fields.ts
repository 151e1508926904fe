/** One field of a job's input, as people read it. */
export interface InputField {
  /** `filter.tag` for a field of an object, `items[].id` for one in a list. */
  name: string
  type: string
  required: boolean
  description: string
}

/** The part of JSON Schema that inputs of jobs are made of. */
export interface JsonSchema {
  type?: unknown
  description?: string | undefined
  enum?: unknown[] | undefined
  const?: unknown
  format?: string | undefined
  items?: unknown
  anyOf?: unknown[] | undefined
  properties?: Record<string, unknown> | undefined
  required?: string[] | undefined
}

/** The fields of an object's schema, with those of the objects in it. */
export function inputFields(schema: JsonSchema, prefix = ''): InputField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const inner = value as JsonSchema
    const name = `${prefix}${key}`
    const field = { name, type: typeOf(inner), description: inner.description ?? '' }
    const element = (inner.items ?? {}) as JsonSchema
    return [
      { ...field, required: schema.required?.includes(key) ?? false },
      ...inputFields(inner, `${name}.`),
      ...inputFields(element, `${name}[].`),
    ]
  })
}

function typeOf({ type, format, enum: values, const: value, items, anyOf }: JsonSchema): string {
  if (value !== undefined) return JSON.stringify(value)
  if (values) return values.map((one) => JSON.stringify(one)).join(' or ')
  if (anyOf) return anyOf.map((one) => typeOf(one as JsonSchema)).join(' or ')
  if (type === 'array') return `list of ${typeOf((items ?? {}) as JsonSchema)}`
  const name = typeof type === 'string' ? type : 'anything'
  return format && name === 'string' ? `${name} (${format})` : name
}
