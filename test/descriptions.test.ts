import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'
import { expect, test } from 'vitest'
import { buildSchema } from '../schema/index.ts'
import { registry } from '../workers/registry.ts'

interface Described {
  name: string
  description?: string | null | undefined
  args?: readonly Described[]
}

/** A type and everything in it, by its place in the API. */
function* partsOf(type: GraphQLNamedType): Generator<[place: string, part: Described]> {
  yield [type.name, type]
  if (isEnumType(type)) for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value]
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return
  for (const field of Object.values(type.getFields()) as Described[]) {
    yield [`${type.name}.${field.name}`, field]
    for (const arg of field.args ?? []) yield [`${type.name}.${field.name}(${arg.name})`, arg]
  }
}

test('every type, field, argument, input and enum value of the API says what it is', () => {
  const types = Object.values(buildSchema(registry).getTypeMap())
  const own = types.filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
  const parts = own.flatMap((type) => [...partsOf(type)])
  expect(parts.length).toBeGreaterThan(1_000)
  expect(parts.filter(([, { description }]) => !description?.trim()).map(([place]) => place)).toEqual([])
})
