import { createHash } from 'node:crypto'
import type { AnyJobDefinition, AnyJobSpec } from './definition.ts'
import { InvalidInputError } from './errors.ts'

/** Larger inputs belong into a table or a file, with their id as the input. */
const maxInputBytes = 32_768

/**
 * Checks an input against its definition.
 * @returns the input as it is stored: with defaults filled in
 * @throws InvalidInputError naming every value that is wrong
 */
export function parseInput(definition: Pick<AnyJobSpec, 'input'>, input: unknown): Record<string, unknown> {
  const result = definition.input.safeParse(input)
  if (!result.success)
    throw new InvalidInputError(
      result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    )
  const bytes = Buffer.byteLength(JSON.stringify(result.data))
  if (bytes > maxInputBytes)
    throw new InvalidInputError([
      { path: '', message: `takes ${bytes} bytes; at most ${maxInputBytes} are allowed` },
    ])
  return result.data
}

/**
 * Brings a stored input of an older version to the definition's own.
 * @throws InvalidInputError when a step is missing, the version is newer than this code, or the result is not valid
 */
export function upcastInput(definition: AnyJobDefinition, input: unknown, version: number): unknown {
  const current = definition.version ?? 1
  if (version > current)
    throw new InvalidInputError([
      {
        path: '',
        message: `has version ${version}, but this worker knows ${definition.name} only up to ${current}`,
      },
    ])
  let value = input as Record<string, unknown>
  for (let from = version; from < current; from++) {
    const upcast = definition.upcasters?.[from]
    if (!upcast)
      throw new InvalidInputError([
        { path: '', message: `of version ${from} has no upcaster in ${definition.name}` },
      ])
    value = upcast(value)
  }
  return parseInput(definition, value)
}

/** SHA-256 of a JSON value, whatever the order of its keys. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex')
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Date)
    return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
