/**
 * Strict checks of request bodies. A shape lists what is wrong with a value; each vendor turns
 * those issues into its own error answer. Unknown fields are always an issue.
 */
type Path = readonly (string | number)[]
export type Issue = {
  kind: 'missing' | 'type' | 'unknown' | 'value'
  path: Path
  message: string
  got: string
}

/** `type` only carries the checked type; it has no value at run time. */
export type Shape<T> = { check(value: unknown, path: Path): Issue[]; readonly type?: T }
export type Of<S> = S extends Shape<infer T> ? T : never
type Fields = Record<string, Shape<unknown>>
type Checked<R extends Fields, O extends Fields> = { [K in keyof R]: Of<R[K]> } & {
  [K in keyof O]?: Of<O[K]>
}

/** The JSON type of a value, in the words of the vendors' messages. */
function jsonType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function wrongType(expected: string, value: unknown, path: Path): Issue[] {
  return [{ kind: 'type', path, message: expected, got: jsonType(value) }]
}

type TextRule = { max?: number; pattern?: RegExp; oneOf?: readonly string[]; message?: string }

export function text<const T extends string = string>(
  rule: TextRule & { oneOf?: readonly T[] } = {},
): Shape<T> {
  return {
    check(value, path) {
      if (typeof value !== 'string') return wrongType('string', value, path)
      const message = textProblem(value, rule)
      return message ? [{ kind: 'value', path, message: rule.message ?? message, got: value }] : []
    },
  }
}

function textProblem(value: string, rule: TextRule): string | undefined {
  if (rule.max !== undefined && value.length > rule.max) return `must be at most ${rule.max} characters`
  if (rule.pattern && !rule.pattern.test(value)) return 'has an invalid format'
  if (rule.oneOf && !rule.oneOf.includes(value)) {
    return `is not one of the accepted values: ${rule.oneOf.join(', ')}`
  }
}

function primitive<T>(name: string): Shape<T> {
  return { check: (value, path) => (jsonType(value) === name ? [] : wrongType(name, value, path)) }
}

export const flag = primitive<boolean>('boolean')
export const number = primitive<number>('number')
export const anything: Shape<unknown> = { check: () => [] }

export function list<T>(item: Shape<T>, rule: { min?: number; max?: number } = {}): Shape<T[]> {
  return {
    check(value, path) {
      if (!Array.isArray(value)) return wrongType('array', value, path)
      const { min = 0, max = Number.POSITIVE_INFINITY } = rule
      if (value.length >= min && value.length <= max) {
        return value.flatMap((each, index) => item.check(each, [...path, index]))
      }
      return [
        { kind: 'value', path, message: `must have ${min} to ${max} items`, got: `${value.length} items` },
      ]
    },
  }
}

export function record<T>(item: Shape<T>): Shape<Record<string, T>> {
  return {
    check(value, path) {
      if (!isObject(value)) return wrongType('object', value, path)
      return Object.entries(value).flatMap(([key, each]) => item.check(each, [...path, key]))
    },
  }
}

/** The value must fit one of the shapes; the first shape's issues are reported. */
export function either<A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> {
  return {
    check(value, path) {
      return second.check(value, path).length === 0 ? [] : first.check(value, path)
    },
  }
}

/** An object with required and optional fields and no others. */
export function object<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional = {} as O,
): Shape<Checked<R, O>> {
  const known: Fields = { ...required, ...optional }
  return {
    check(value, path) {
      if (!isObject(value)) return wrongType('object', value, path)
      const missing = Object.keys(required).filter((key) => value[key] === undefined)
      return [
        ...missing.map(
          (key): Issue => ({ kind: 'missing', path: [...path, key], message: 'is required', got: '' }),
        ),
        ...Object.entries(value).flatMap(([key, each]) => field(known, key, each, [...path, key])),
      ]
    },
  }
}

function field(known: Fields, key: string, value: unknown, path: Path): Issue[] {
  const shape = Object.hasOwn(known, key) ? known[key] : undefined
  return shape
    ? shape.check(value, path)
    : [{ kind: 'unknown', path, message: 'is not a known field', got: key }]
}

/** Whether a parsed JSON value is an object (and not an array or null). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the value as its checked type, or lets `refuse` throw for what is wrong with it. */
export function read<T>(shape: Shape<T>, value: unknown, refuse: (issues: Issue[]) => never): T {
  const issues = shape.check(value, [])
  return issues.length === 0 ? (value as T) : refuse(issues)
}
