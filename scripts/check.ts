// npm run check: types, lint, imports, unused code, stale generated files, one graphql, test titles.
//   npm run check -- imports types   runs those two alone
import { nodeCheck } from './check/command.ts'
import { oneGraphql } from './check/graphql.ts'
import { importsCheck } from './check/imports.ts'
import { type Check, runChecks } from './check/run.ts'
import { testTitles } from './check/test-titles.ts'
import { workspaceSql } from './check/workspace-sql.ts'

const tsc = 'node_modules/typescript/bin/tsc'
const biome = 'node_modules/@biomejs/biome/bin/biome'
const knip = 'node_modules/knip/bin/knip.js'
/** What the last run of tsc learned: the next one looks at what has changed. */
const learned = '.data/check/types.tsbuildinfo'

const checks: readonly Check[] = [
  nodeCheck('types', [tsc, '-p', '.', '--incremental', '--tsBuildInfoFile', learned]),
  nodeCheck('lint and format', [biome, 'check', '.', '--diagnostic-level=warn', '--error-on-warnings']),
  importsCheck,
  nodeCheck('unused code', [knip, '--no-progress', '--treat-config-hints-as-errors']),
  nodeCheck('generated files', ['scripts/generate.ts', '--check']),
  oneGraphql,
  testTitles,
  workspaceSql,
]

const names = process.argv.slice(2)
const known = checks.map(({ name }) => name)
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0)
  console.error(`No check is named ${unknown.join(', ')}; there are: ${known.join(', ')}`)
const chosen = names.length > 0 ? checks.filter(({ name }) => names.includes(name)) : checks
process.exitCode = (await runChecks(chosen)) && unknown.length === 0 ? 0 : 1
