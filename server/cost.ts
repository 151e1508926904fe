import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { defaultPage, maxPage } from '../schema/index.ts'

/** Size assumed of a list that is no connection. */
const plainList = 10

type Variables = Readonly<Record<string, unknown>> | undefined

/**
 * What a document costs: each field 1, and what is inside a list as often as the list is long.
 * @param variables their values; without them, the largest page is assumed wherever a variable says how many
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables?: Variables,
): number {
  const fragments = new Map(
    document.definitions.flatMap((each): [string, FragmentDefinitionNode][] =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  )
  const known = new Map<string, number>()

  function ofSet(set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): number {
    let cost = 0
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) cost += ofField(selection, type)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) cost += ofFragment(selection.name.value)
      else
        cost += ofSet(
          selection.selectionSet,
          selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type,
        )
    }
    return cost
  }

  function ofFragment(name: string): number {
    const fragment = fragments.get(name)
    if (!fragment || known.has(name)) return known.get(name) ?? 0
    known.set(name, 0)
    const cost = ofSet(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))
    known.set(name, cost)
    return cost
  }

  function ofField(node: FieldNode, parent: GraphQLNamedType | undefined): number {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
    if (!field) return 1
    return 1 + timesOf(node, field, parent, variables) * ofSet(node.selectionSet, getNamedType(field.type))
  }

  const operation = getOperationAST(document, operationName)
  return operation ? ofSet(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined) : 0
}

type AnyField = GraphQLField<unknown, unknown>

/** How often the inside of a field is counted. The edges of a connection are counted at the connection. */
function timesOf(
  node: FieldNode,
  field: AnyField,
  parent: GraphQLNamedType | undefined,
  variables: Variables,
): number {
  if (field.args.some(({ name }) => name === 'first')) return pageOf(node, variables)
  if (!isListType(getNullableType(field.type)) || parent?.name.endsWith('Connection')) return 1
  return plainList
}

function pageOf(node: FieldNode, variables: Variables): number {
  const value = node.arguments?.find(({ name }) => name.value === 'first')?.value
  if (value?.kind === Kind.INT) return clamp(Number(value.value))
  if (value?.kind !== Kind.VARIABLE) return defaultPage
  if (!variables) return maxPage
  const given = variables[value.name.value]
  return typeof given === 'number' ? clamp(given) : defaultPage
}

const clamp = (page: number) => Math.min(Math.max(page, 1), maxPage)
