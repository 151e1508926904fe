import type { CodegenConfig } from '@graphql-codegen/cli'

/**
 * Typed documents for the tests: `graphql(`…`)` of test/client gives a query its variables and result types. Reads the
 * printed schema, as `graphql` would otherwise be loaded twice. Run it with `npm run generate`.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['{test,server,resolvers}/**/*.test.ts', 'test/support/**/*.ts'],
  emitLegacyCommonJSImports: false,
  importExtension: '.ts',
  generates: {
    'test/client/': {
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
