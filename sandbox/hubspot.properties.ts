import { refuse } from './hubspot.errors.ts'
import type { PropertyOrder } from './hubspot.shapes.ts'

export type Properties = Record<string, string>

/** HubSpot's own stages, in the only direction they may move. */
const lifecycle = [
  ...['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity'],
  ...['customer', 'evangelist', 'other'],
]
const leadStatus = [
  'NEW',
  'OPEN',
  'IN_PROGRESS',
  'OPEN_DEAL',
  'UNQUALIFIED',
  'ATTEMPTED_TO_CONTACT',
  'CONNECTED',
  'BAD_TIMING',
]
const texts = [
  ...[
    'firstname',
    'lastname',
    'phone',
    'mobilephone',
    'company',
    'website',
    'address',
    'city',
    'state',
    'zip',
  ],
  ...['country', 'jobtitle', 'hs_language', 'message', 'salutation', 'industry', 'hubspot_owner_id'],
]
const readOnly = ['hs_object_id', 'createdate', 'lastmodifieddate']

/** The properties a contact may have: HubSpot's usual ones and those created through the API. */
export function createProperties() {
  const all = new Map<string, PropertyOrder>()
  const add = (order: PropertyOrder) => {
    if (all.has(order.name)) refuse(409, 'CONFLICT', `A property with the name ${order.name} already exists.`)
    all.set(order.name, order)
    return order
  }
  for (const name of texts) add(usual(name))
  for (const name of readOnly) add(usual(name))
  add({ ...usual('email'), hasUniqueValue: true })
  add({ ...usual('lifecyclestage'), type: 'enumeration', options: optionsOf(lifecycle) })
  add({ ...usual('hs_lead_status'), type: 'enumeration', options: optionsOf(leadStatus) })
  return { add, list: () => [...all.values()], get: (name: string) => all.get(name), check: checkWith(all) }
}

function usual(name: string): PropertyOrder {
  return { name, label: name, type: 'string', fieldType: 'text', groupName: 'contactinformation' }
}

function optionsOf(values: string[]) {
  return values.map((value) => ({ label: value, value }))
}

type Problem = { name: string; code: string; message: string }

function checkWith(all: Map<string, PropertyOrder>) {
  return (given: Properties): void => {
    const problems = Object.entries(given).flatMap(
      ([name, value]) => problemOf(all.get(name), name, value) ?? [],
    )
    if (problems.length === 0) return
    const errors = problems.map(({ name, code, message }) => ({
      message,
      code,
      context: { propertyName: [name] },
    }))
    refuse(400, 'VALIDATION_ERROR', `Property values were not valid: ${JSON.stringify(problems)}`, errors)
  }
}

function problemOf(property: PropertyOrder | undefined, name: string, value: string): Problem | undefined {
  if (!property) {
    return { name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }
  }
  if (readOnly.includes(name)) {
    return {
      name,
      code: 'READ_ONLY_VALUE',
      message: `"${name}" is a read only property; its value cannot be set`,
    }
  }
  if (value === '') return undefined
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

function dateProblem(name: string, value: string): Problem | undefined {
  if (/^\d{10,14}$/.test(value) || /^\d{4}-\d\d-\d\d(T.*)?$/.test(value)) return undefined
  return { name, code: 'INVALID_DATE', message: `${value} was not a valid date` }
}

/** The lifecycle stage only moves forward; a step back is ignored, clearing it is allowed. */
export function withoutStepBack(before: Properties, given: Properties): Properties {
  const { lifecyclestage: wanted, ...rest } = given
  if (wanted === undefined) return given
  const isBack = wanted !== '' && lifecycle.indexOf(wanted) < lifecycle.indexOf(before.lifecyclestage ?? '')
  return isBack ? rest : given
}
