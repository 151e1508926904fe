import { GraphQLError, type ValueNode, valueFromASTUntyped } from 'graphql'

/** How the API's own scalars are read and written. */

const isoTime = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/** Whether a text is a day of the calendar. `Date` alone takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

export const dateTime = {
  description:
    'A point in time in ISO 8601 with a zone, e.g. 2026-11-24T09:30:00.000Z. Answers are always in UTC.',
  serialize: (value: unknown) => (value instanceof Date ? value : new Date(String(value))).toISOString(),
  parseValue: (value: unknown): Date => {
    const day = typeof value === 'string' ? isoTime.exec(value)?.[1] : undefined
    const date = day && isDay(day) ? new Date(value as string) : undefined
    if (date && !Number.isNaN(date.getTime())) return date
    throw new GraphQLError('A DateTime is ISO 8601 with a zone, e.g. 2026-11-24T09:30:00Z')
  },
}

export const localDate = {
  description: 'A day of the calendar, e.g. 2026-11-24.',
  serialize: (value: unknown) => String(value),
  parseValue: (value: unknown): string => {
    if (typeof value === 'string' && isDay(value)) return value
    throw new GraphQLError('A LocalDate is a day of the calendar in ISO 8601, e.g. 2026-11-24')
  },
}

export const json = {
  description: 'Any JSON value.',
  serialize: (value: unknown) => value,
  parseValue: (value: unknown): unknown => value,
  parseLiteral: (node: ValueNode, variables?: Record<string, unknown> | null): unknown =>
    plain(valueFromASTUntyped(node, variables)),
}

/** `valueFromASTUntyped` makes objects without a prototype; Zod and others expect ordinary ones. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
