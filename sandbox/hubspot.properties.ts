import { refuse } from './hubspot.errors.ts'
import { type Kind, lifecycle, rules } from './hubspot.kinds.ts'
import { pipelineProblem } from './hubspot.pipelines.ts'
import type { PropertyOrder } from './hubspot.shapes.ts'

export type Properties = Record<string, string>
type Problem = { name: string; code: string; message: string }

const UNIQUE_MAX = 10
const TEXT_MAX = 65_536

/** The properties a kind of record may have: HubSpot's usual ones and those created through the API. */
export function createProperties(kind: Kind) {
  const all = new Map(rules[kind].properties.map((property) => [property.name, property]))

  function add(order: PropertyOrder) {
    if (all.has(order.name)) refuse(409, 'CONFLICT', `A property with the name ${order.name} already exists.`)
    const own = [...all.values()].filter(({ hasUniqueValue, name }) => hasUniqueValue && name !== 'email')
    if (order.hasUniqueValue && own.length >= UNIQUE_MAX) {
      refuse(400, 'VALIDATION_ERROR', `at most ${UNIQUE_MAX} properties of an object can have unique values`)
    }
    all.set(order.name, order)
    return described(order)
  }

  const problemsOf = (given: Properties) =>
    Object.entries(given).flatMap(([name, value]) => problemOf(all.get(name), name, value) ?? [])

  return {
    add,
    list: () => [...all.values()].map(described),
    get: (name: string) => all.get(name),
    describe: (name: string) =>
      described(all.get(name) ?? refuse(404, 'OBJECT_NOT_FOUND', `Property ${name} does not exist`)),
    /** Refuses values that do not fit; `before` is what the record holds already, null for a new one. */
    check(given: Properties, before: Properties | null): void {
      refuseIfAny([...problemsOf(given), ...pipelineProblem(kind, { ...before, ...given })])
      const missing = rules[kind].required.filter((name) => !{ ...before, ...given }[name])
      if (missing.length > 0) {
        refuse(
          400,
          'VALIDATION_ERROR',
          `Error creating ${rules[kind].singular}. Some required properties were not set: ${missing.join(', ')}.`,
        )
      }
    },
  }
}

function refuseIfAny(problems: Problem[]): void {
  if (problems.length === 0) return
  const errors = problems.map(({ name, code, message }) => ({
    message,
    code,
    context: { propertyName: [name] },
  }))
  refuse(400, 'VALIDATION_ERROR', `Property values were not valid: ${JSON.stringify(problems)}`, errors)
}

/** A property as the API shows it. */
function described({ readOnlyValue = false, options = [], ...order }: PropertyOrder) {
  const modificationMetadata = { archivable: !readOnlyValue, readOnlyDefinition: true, readOnlyValue }
  const shown = options.map((option) => ({ hidden: false, ...option }))
  const usual = { description: '', hasUniqueValue: false, archived: false }
  return { ...usual, ...order, options: shown, modificationMetadata }
}

function problemOf(property: PropertyOrder | undefined, name: string, value: string): Problem | undefined {
  if (!property) {
    return { name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }
  }
  if (property.readOnlyValue) {
    const message = `"${name}" is a read only property; its value cannot be set`
    return { name, code: 'READ_ONLY_VALUE', message }
  }
  if (value === '') return undefined
  if (value.length > TEXT_MAX)
    return { name, code: 'TOO_LONG', message: `${name} is longer than ${TEXT_MAX}` }
  if (name === 'email' && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value)) {
    return { name, code: 'INVALID_EMAIL', message: `Email address ${value} is invalid` }
  }
  return typeProblem(property, value)
}

function typeProblem({ name, type, options }: PropertyOrder, value: string): Problem | undefined {
  if (type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) {
    return { name, code: 'INVALID_INTEGER', message: `${value} was not a valid number.` }
  }
  if (type === 'bool') return value === 'true' || value === 'false' ? undefined : invalidOption(name, value)
  if (type === 'date' || type === 'datetime') return dateProblem(name, value)
  return type === 'enumeration' && !options?.some((option) => option.value === value)
    ? invalidOption(name, value)
    : undefined
}

function invalidOption(name: string, value: string): Problem {
  return { name, code: 'INVALID_OPTION', message: `${value} was not one of the allowed options` }
}

/** Milliseconds, or ISO 8601. */
function dateProblem(name: string, value: string): Problem | undefined {
  const isIso = /^\d{4}-\d\d-\d\d(T.*)?$/.test(value) && !Number.isNaN(Date.parse(value))
  if (isIso || /^\d{10,14}$/.test(value)) return undefined
  return { name, code: 'INVALID_DATE', message: `${value} was not a valid date` }
}

/** The lifecycle stage only moves forward; a step back is ignored, clearing it is allowed. */
export function withoutStepBack(before: Properties, given: Properties): Properties {
  const { lifecyclestage: wanted, ...rest } = given
  if (wanted === undefined) return given
  const isBack = wanted !== '' && lifecycle.indexOf(wanted) < lifecycle.indexOf(before.lifecyclestage ?? '')
  return isBack ? rest : given
}
