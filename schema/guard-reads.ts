import {
  defaultFieldResolver,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isInterfaceType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { forbidden } from './builder.ts'
import type { Caller, Context } from './context.ts'
import { isOpen, openFields, readPermissions } from './read-permissions.ts'

/**
 * Lets nobody read what takes a permission they lack. 1. Every field of such a type asks for it, wherever it is reached.
 * 2. A mutation whose answer would ask for it is refused before it does anything: a caller must not lose the answer to
 * something that was done.
 * @throws when a type does not say who may read it
 */
export function guardReads(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__') || roots.includes(type)) continue
    if (readPermissions[type.name]) guardFields(type)
    else if (!isOpen(type.name))
      throw new Error(`${type.name} does not say who may read it: add it to schema/read-permissions.ts`)
  }
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) guardMutation(schema, field)
}

function guardFields(type: GraphQLObjectType): void {
  const permission = readPermissions[type.name]!
  for (const field of Object.values(type.getFields())) {
    if (openFields.has(field.name)) continue
    const { resolve = defaultFieldResolver } = field
    field.resolve = (parent, args, context: Context, info) => {
      if (!context.caller.permissions.has(permission))
        throw forbidden(refusal(type.name, field.name, context.caller))
      return resolve(parent, args, context, info)
    }
  }
}

function guardMutation(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>): void {
  const { resolve = defaultFieldResolver } = field
  field.resolve = (parent, args, context, info) => {
    const { caller } = context as Context
    for (const { selectionSet } of info.fieldNodes) {
      const refused = selectionSet && unreadable(schema, getNamedType(field.type), selectionSet, caller, info)
      if (refused) throw forbidden(`${refused}; ask for less. Nothing was done`)
    }
    return resolve(parent, args, context, info)
  }
}

/** Why a selection cannot be answered, if so. */
function unreadable(
  schema: GraphQLSchema,
  type: GraphQLNamedType | undefined,
  { selections }: SelectionSetNode,
  caller: Caller,
  info: GraphQLResolveInfo,
): string | undefined {
  for (const selection of selections) {
    if (isLeftOut(selection, info)) continue
    const found = unreadableOne(schema, type, selection, caller, info)
    if (found) return found
  }
  return undefined
}

function unreadableOne(
  schema: GraphQLSchema,
  type: GraphQLNamedType | undefined,
  selection: SelectionNode,
  caller: Caller,
  info: GraphQLResolveInfo,
): string | undefined {
  if (selection.kind === 'FragmentSpread') {
    const fragment = info.fragments[selection.name.value]
    if (!fragment) return undefined
    const on = schema.getType(fragment.typeCondition.name.value)
    return unreadable(schema, on, fragment.selectionSet, caller, info)
  }
  if (selection.kind === 'InlineFragment') {
    const on = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type
    return unreadable(schema, on, selection.selectionSet, caller, info)
  }
  const name = selection.name.value
  if ((!isObjectType(type) && !isInterfaceType(type)) || name === '__typename') return undefined
  const permission = readPermissions[type.name]
  if (permission && !openFields.has(name) && !caller.permissions.has(permission))
    return refusal(type.name, name, caller)
  const next = type.getFields()[name]
  return next && selection.selectionSet
    ? unreadable(schema, getNamedType(next.type), selection.selectionSet, caller, info)
    : undefined
}

function isLeftOut(selection: SelectionNode, { variableValues }: GraphQLResolveInfo): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues)
  const include = getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)
  return skip?.if === true || include?.if === false
}

const refusal = (type: string, field: string, { name, role }: Caller) =>
  `${type}.${field} takes the permission ${readPermissions[type]}; key "${name}" (${role}) does not have it`
