import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** How long the lists of the schema's description are. */
export interface IntrospectionSizes {
  /** Of the average type when all types are listed, else of the largest one. */
  lengthOf(type: string, field: string, average: boolean): number
}

const remembered = new WeakMap<GraphQLSchema, IntrospectionSizes>()

/** Measures the schema once. */
export function introspectionSizes(schema: GraphQLSchema): IntrospectionSizes {
  const known = remembered.get(schema)
  if (known) return known
  const sizes = measure(schema)
  remembered.set(schema, sizes)
  return sizes
}

function measure(schema: GraphQLSchema): IntrospectionSizes {
  const types = Object.values(schema.getTypeMap())
  const args = types.flatMap((type) => fieldsOf(type).map((field) => field.args.length))
  const lengths: Record<string, number[]> = {
    '__Type.fields': types.map((type) => fieldsOf(type).length),
    '__Type.inputFields': types.map((type) => (isInputObjectType(type) ? keys(type.getFields()) : 0)),
    '__Type.enumValues': types.map((type) => (isEnumType(type) ? type.getValues().length : 0)),
    '__Type.interfaces': types.map((type) => (isObjectType(type) ? type.getInterfaces().length : 0)),
    '__Type.possibleTypes': types.map((type) =>
      isAbstractType(type) ? schema.getPossibleTypes(type).length : 0,
    ),
    '__Field.args': args,
  }
  const fixed: Record<string, number> = {
    '__Schema.types': types.length,
    '__Schema.directives': schema.getDirectives().length,
  }
  return {
    lengthOf: (type, field, average) => {
      const name = `${type}.${field}`
      const all = lengths[name]
      if (!all) return fixed[name] ?? 2
      return average ? all.reduce((sum, each) => sum + each, 0) / all.length : Math.max(...all)
    },
  }
}

const keys = (fields: object) => Object.keys(fields).length

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
}
