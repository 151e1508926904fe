import { generate } from '@graphql-codegen/cli'
import config from '../../codegen.ts'
import type { GeneratedFile } from './file.ts'

/**
 * The typed documents of the tests.
 * @param schema the schema as text: the file on disk may be older
 */
export async function clientFiles(schema: string): Promise<GeneratedFile[]> {
  const settings = { ...config, schema, silent: true, ignoreNoDocuments: true }
  const files: { filename: string; content: string }[] = await generate(settings, false)
  return files.map(({ filename, content }) => ({ path: filename, content }))
}
