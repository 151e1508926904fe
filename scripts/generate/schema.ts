import { printApiSchema } from '../../schema/index.ts'
import { registry } from '../../workers/registry.ts'
import type { GeneratedFile } from './file.ts'

/** The schema as text: what clients and codegen.ts read, and what a review of an API change looks at. */
export function schemaFile(): GeneratedFile {
  return { path: 'schema/schema.graphql', content: printApiSchema(registry) }
}
