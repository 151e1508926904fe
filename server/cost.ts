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
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { defaultPage, maxPage } from '../schema/index.ts'
import { type IntrospectionSizes, introspectionSizes } from './introspection-sizes.ts'

/**
 * What a document costs, in objects of its answer: a plain field is a tenth, a field of any JSON 1, an object 1, and what is
 * inside a list counts as often as the list is long. Added to it is what a field costs the database.
 */
const plainField = 0.1
const jsonField = 1
/** A query of its own. */
const ownQuery = 5
/** Counts rows, up to 10,000. */
const counting = 10
/** Reads whole tables. */
const aggregate = 200
/** Looks into every row of a workspace. */
const scan = 3_000
/** The schema is in memory, and what is in it is small. */
const introspection = 0.5

const totals = new Set(['totalCount', 'totalCountIsCapped'])
const aggregates = new Set(['stats', 'funnel', 'topCampaigns', 'jobStats', 'audienceDifferences'])
const scanningConditions = new Set(['errorContains', 'search'])

/** Length of lists that are no connections, where it is not the usual. */
const usualList = 10
const lists: Record<string, number> = {
  'Job.attemptHistory': 2,
  'Job.logs': 20,
  'Lead.messages': 4,
  'Backup.verifications': 2,
}

type Variables = Readonly<Record<string, unknown>> | undefined

/** Where a selection stands. */
interface Place {
  /** Page size of the connection it is in. */
  page: number
  /** Within the list of all types, where each is an average one. */
  averageType: boolean
}

export interface Cost {
  cost: number
  /** Root fields, with those of fragments. */
  roots: number
  /** The root field that costs most. */
  dearest: string
}

/**
 * Measures a document; undefined when it has no operation of this name.
 * @param variables their values; without them, the most is assumed wherever a variable stands
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables?: Variables,
): Cost | undefined {
  const operation = getOperationAST(document, operationName)
  if (!operation) return undefined
  const root = schema.getRootType(operation.operation) ?? undefined
  const measure = createMeasure(schema, document, variables)
  const costs = measure.fieldsOf(operation.selectionSet, root)
  const [dearest] = costs.toSorted((one, other) => other.cost - one.cost)
  const sum = costs.reduce((total, { cost }) => total + cost, 0)
  return { cost: Math.ceil(sum), roots: costs.length, dearest: dearest?.name ?? '' }
}

function createMeasure(schema: GraphQLSchema, document: DocumentNode, variables: Variables) {
  const fragments = new Map(
    document.definitions.flatMap((each): [string, FragmentDefinitionNode][] =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  )
  const known = new Map<string, number>()
  const sizes = introspectionSizes(schema)

  function ofSet(set: SelectionSetNode | undefined, type: Type, place: Place): number {
    let cost = 0
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) cost += ofField(selection, type, place)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) cost += ofFragment(selection.name.value, place)
      else cost += ofSet(selection.selectionSet, typeOf(schema, selection.typeCondition, type), place)
    }
    return cost
  }

  function ofFragment(name: string, place: Place): number {
    const key = `${name} ${place.page} ${place.averageType}`
    const fragment = fragments.get(name)
    if (!fragment || known.has(key)) return known.get(key) ?? 0
    known.set(key, 0)
    const cost = ofSet(fragment.selectionSet, typeOf(schema, fragment.typeCondition, undefined), place)
    known.set(key, cost)
    return cost
  }

  function ofField(node: FieldNode, parent: Type, place: Place): number {
    const field = fieldOf(schema, parent, node.name.value)
    if (!field) return plainField
    const type = getNamedType(field.type)
    const own = queryCost(node, field, parent, variables)
    if (isLeafType(type))
      return own + weightOf(type, parent) * (type.name === 'JSON' ? jsonField : plainField)
    const inside: Place = {
      page: isPaged(field) ? pageOf(node, variables) : place.page,
      averageType: place.averageType || field.name === 'types',
    }
    const times = timesOf(field, parent, place, sizes)
    return own + times * (weightOf(type, parent) + ofSet(node.selectionSet, type, inside))
  }

  /** What each root field costs, those of fragments included. */
  function fieldsOf(
    set: SelectionSetNode,
    type: Type,
    spread: readonly string[] = [],
  ): { name: string; cost: number }[] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD)
        return [
          { name: selection.name.value, cost: ofField(selection, type, { page: 1, averageType: false }) },
        ]
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, type, spread)
      const name = selection.name.value
      const fragment = fragments.get(name)
      return fragment && !spread.includes(name)
        ? fieldsOf(fragment.selectionSet, type, [...spread, name])
        : []
    })
  }

  return { fieldsOf }
}

type Type = GraphQLNamedType | undefined
type AnyField = GraphQLField<unknown, unknown>

function typeOf(
  schema: GraphQLSchema,
  condition: { name: { value: string } } | undefined,
  otherwise: Type,
): Type {
  return condition ? schema.getType(condition.name.value) : otherwise
}

function fieldOf(schema: GraphQLSchema, parent: Type, name: string): AnyField | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? schema.getField(parent, name) : undefined
}

const isPaged = (field: AnyField) => field.args.some(({ name }) => name === 'first')

function weightOf(type: GraphQLNamedType, parent: Type): number {
  return type.name.startsWith('__') || parent?.name.startsWith('__') ? introspection : 1
}

/** What a field costs the database, apart from the rows it answers with. */
function queryCost(node: FieldNode, field: AnyField, parent: Type, variables: Variables): number {
  if (aggregates.has(field.name)) return aggregate
  if (totals.has(field.name)) return counting
  const scans = node.arguments?.some(({ value }) => mayScan(value, variables)) ? scan : 0
  const isRoot = ['Query', 'Mutation', 'Subscription'].includes(parent?.name ?? '')
  return scans + (isPaged(field) || isRoot ? ownQuery : 0)
}

/** Whether an argument holds a condition that no index serves. */
function mayScan(value: ValueNode, variables: Variables): boolean {
  if (value.kind === Kind.OBJECT)
    return value.fields.some(
      ({ name, value: inner }) => scanningConditions.has(name.value) && isGiven(inner, variables),
    )
  if (value.kind !== Kind.VARIABLE) return false
  const given = variables?.[value.name.value]
  if (!variables) return true
  if (typeof given !== 'object' || given === null) return false
  return Object.entries(given).some(([name, inner]) => scanningConditions.has(name) && Boolean(inner))
}

function isGiven(value: ValueNode, variables: Variables): boolean {
  if (value.kind === Kind.VARIABLE) return !variables || Boolean(variables[value.name.value])
  return value.kind !== Kind.NULL
}

/** How often the inside of a field is counted. */
function timesOf(field: AnyField, parent: Type, place: Place, sizes: IntrospectionSizes): number {
  if (!isListType(getNullableType(field.type))) return 1
  if (parent?.name.startsWith('__')) return sizes.lengthOf(parent.name, field.name, place.averageType)
  if (parent?.name.endsWith('Connection')) return place.page
  return lists[`${parent?.name}.${field.name}`] ?? usualList
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
