import { either, flag, list, number, type Of, object, record, text } from './shape.ts'

const properties = record(text())
const association = object({
  to: object({ id: text() }),
  types: list(
    object({
      associationCategory: text({ oneOf: ['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED'] }),
      associationTypeId: number,
    }),
    { min: 1 },
  ),
})
const names = list(text())

/** Request bodies (integrations.md 6.3): every property value is a text, batches hold at most 100. */
export const createShape = object(
  { properties },
  { associations: list(association), objectWriteTraceId: text() },
)
export const patchShape = object({ properties }, { objectWriteTraceId: text() })
const upsertInput = object({ id: text(), properties }, { idProperty: text(), objectWriteTraceId: text() })
export const upsertShape = object({ inputs: list(upsertInput, { min: 1, max: 100 }) })
export const batchReadShape = object(
  { inputs: list(object({ id: text() }), { min: 1, max: 100 }), properties: names },
  { idProperty: text(), propertiesWithHistory: names },
)
const filter = object(
  {
    propertyName: text(),
    operator: text({
      oneOf: [
        ...(['EQ', 'NEQ', 'LT', 'LTE', 'GT', 'GTE', 'BETWEEN', 'IN', 'NOT_IN'] as const),
        ...(['HAS_PROPERTY', 'NOT_HAS_PROPERTY', 'CONTAINS_TOKEN', 'NOT_CONTAINS_TOKEN'] as const),
      ],
    }),
  },
  { value: text(), highValue: text(), values: names },
)
const sort = object({ propertyName: text() }, { direction: text({ oneOf: ['ASCENDING', 'DESCENDING'] }) })
/** A name alone sorts rising. */
const sortOrName = either(sort, text())
export const searchShape = object(
  {},
  {
    filterGroups: list(object({ filters: list(filter, { max: 6 }) }), { max: 5 }),
    sorts: list(sortOrName, { max: 1 }),
    query: text(),
    properties: names,
    limit: number,
    after: text({ pattern: /^\d*$/ }),
  },
)
const createInput = object({ properties }, { associations: list(association), objectWriteTraceId: text() })
export const batchCreateShape = object({ inputs: list(createInput, { min: 1, max: 100 }) })
const updateInput = object({ id: text(), properties }, { idProperty: text(), objectWriteTraceId: text() })
export const batchUpdateShape = object({ inputs: list(updateInput, { min: 1, max: 100 }) })
export const associationsShape = object({
  inputs: list(object({ id: text() }, { after: text({ pattern: /^\d*$/ }) }), { min: 1, max: 1000 }),
})
export const eraseShape = object({ objectId: text() }, { idProperty: text() })
const fieldTypes = [
  ...(['booleancheckbox', 'calculation_equation', 'checkbox', 'date', 'file', 'html'] as const),
  ...(['number', 'phonenumber', 'radio', 'select', 'text', 'textarea'] as const),
] as const
export const propertyShape = object(
  {
    name: text({ max: 100, pattern: /^[a-z][a-z0-9_]*$/ }),
    label: text(),
    type: text({ oneOf: ['string', 'number', 'bool', 'date', 'datetime', 'enumeration'] }),
    fieldType: text({ oneOf: fieldTypes }),
    groupName: text(),
  },
  {
    hasUniqueValue: flag,
    description: text(),
    options: list(object({ label: text(), value: text() }, { displayOrder: number, hidden: flag })),
    formField: flag,
    displayOrder: number,
  },
)
export type Association = Of<typeof association>
export type UpsertInput = Of<typeof upsertInput>
export type SearchOrder = Of<typeof searchShape>
export type Filter = Of<typeof filter>
/** `readOnlyValue` only HubSpot's own properties have. */
export type PropertyOrder = Of<typeof propertyShape> & { readOnlyValue?: boolean }
