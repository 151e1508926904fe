import type { CodegenConfig } from '@graphql-codegen/cli'

/**
 * Typed documents for a front end: `npx graphql-codegen` reads the schema and writes `gql/`. The schema is the file
 * schema/schema.graphql of this project, or the API itself:
 * `schema: [{ 'https://api.example.com/graphql': { headers: { authorization: `Bearer ${process.env.SOLARIA_KEY}` } } }]`
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['docs/examples/front-end/*.ts'],
  emitLegacyCommonJSImports: false,
  importExtension: '.ts',
  generates: {
    'docs/examples/front-end/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { DateTime: 'string', LocalDate: 'string', JSON: 'unknown' },
      },
    },
  },
}

export default config
