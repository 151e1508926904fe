import { generate } from '@graphql-codegen/cli'
import tests from '../../codegen.ts'
import frontEnd from '../../docs/examples/front-end/codegen.ts'
import type { GeneratedFile } from './file.ts'

/**
 * The typed documents of the tests, and of the example for front ends.
 * @param schema the schema as text: the file on disk may be older
 */
export async function clientFiles(schema: string): Promise<GeneratedFile[]> {
  const all = [tests, frontEnd].map((config) =>
    generate({ ...config, schema, silent: true, ignoreNoDocuments: true }, false),
  )
  const files: { filename: string; content: string }[] = (await Promise.all(all)).flat()
  return files.map(({ filename, content }) => ({ path: filename, content }))
}
