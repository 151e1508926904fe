import { buildSchema, type GraphQLSchema } from 'graphql'
import { capital, composites, fieldsOf, type ObjectName, objectNames, objects } from './twenty.objects.ts'

const basics = `
scalar UUID
scalar DateTime
scalar RawJSON
enum OrderByDirection { AscNullsFirst AscNullsLast DescNullsFirst DescNullsLast }
enum FilterIs { NULL NOT_NULL }
enum OpportunityStageEnum { NEW SCREENING MEETING PROPOSAL CUSTOMER }
type PageInfo { hasNextPage: Boolean hasPreviousPage: Boolean startCursor: String endCursor: String }
${filterType('UUID')}
${filterType('DateTime')}
${filterType('Float')}
${filterType('OpportunityStageEnum')}
input RawJSONFilter { is: FilterIs like: String }
${filterType('String', 'startsWith: String like: String ilike: String')}
`

function filterType(type: string, more = ''): string {
  const compared = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte'].map((operator) => `${operator}: ${type}`)
  return `input ${type}Filter { ${compared.join(' ')} in: [${type}] is: FilterIs ${more} }`
}

/** The schema of the workspace, made from its objects. */
export function buildWorkspaceSchema(): GraphQLSchema {
  const parts = Object.entries(composites).map(([name, fields]) => compositeTypes(name, fields))
  return buildSchema([basics, ...parts, ...objectNames.map(objectTypes), rootTypes()].join('\n'))
}

function lines(fields: Record<string, string>, typeOf: (type: string) => string): string {
  return Object.entries(fields)
    .map(([name, type]) => `${name}: ${typeOf(type)}`)
    .join('\n')
}

const filterOf = (type: string) => (composites[type] ? `${type}FilterInput` : `${type}Filter`)
const orderOf = (type: string) => (composites[type] ? `${type}OrderByInput` : 'OrderByDirection')

function compositeTypes(name: string, fields: Record<string, string>): string {
  const plain = lines(fields, (type) => type)
  return `type ${name} { ${plain} }
input ${name}CreateInput { ${plain} }
input ${name}UpdateInput { ${plain} }
input ${name}FilterInput { ${lines(fields, filterOf)} }
input ${name}OrderByInput { ${lines(fields, orderOf)} }`
}

function objectTypes(name: ObjectName): string {
  const type = capital(name)
  const all = fieldsOf(name)
  const inputs = (verb: string) =>
    lines({ id: 'UUID', ...objects[name].fields }, (each) =>
      composites[each] ? `${each}${verb}Input` : each,
    )
  const filter = `${type}FilterInput`
  return `type ${type} { ${lines(all, (each) => each)} }
type ${type}Edge { node: ${type} cursor: String }
type ${type}Connection { edges: [${type}Edge!] pageInfo: PageInfo totalCount: Int }
input ${type}CreateInput { ${inputs('Create')} }
input ${type}UpdateInput { ${inputs('Update')} }
input ${filter} { and: [${filter}] or: [${filter}] not: ${filter} ${lines(all, filterOf)} }
input ${type}OrderByInput { ${lines(all, orderOf)} }`
}

function rootTypes(): string {
  const queries = objectNames.map((name) => {
    const type = capital(name)
    const filter = `filter: ${type}FilterInput`
    return `${objects[name].plural}(${filter} orderBy: [${type}OrderByInput] first: Int after: String): ${type}Connection
${name}(${filter}): ${type}`
  })
  const mutations = objectNames.map((name) => {
    const [type, plural] = [capital(name), capital(objects[name].plural)]
    return `create${plural}(data: [${type}CreateInput!]! upsert: Boolean): [${type}!]
create${type}(data: ${type}CreateInput! upsert: Boolean): ${type}
update${type}(id: UUID! data: ${type}UpdateInput!): ${type}
delete${type}(id: UUID!): ${type}`
  })
  return `type Query { ${queries.join('\n')} }\ntype Mutation { ${mutations.join('\n')} }`
}
