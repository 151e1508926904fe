// npm run generate: writes every generated file anew; none of them needs a database or Redis.
//   npm run generate -- --check   writes nothing, names the files that are stale and fails if there are any
import { clientFiles } from './generate/client.ts'
import { configurationFile } from './generate/configuration.ts'
import { errorsFile } from './generate/errors.ts'
import { jobsFile } from './generate/jobs.ts'
import { prometheusFile } from './generate/prometheus.ts'
import { schemaFile } from './generate/schema.ts'
import { exampleFile } from './generate/settings-example.ts'
import { statisticsFile } from './generate/statistics.ts'
import { apply, changes } from './generate/sync.ts'

const onlyCheck = process.argv.includes('--check')
const schema = schemaFile()
const client = await clientFiles(schema.content)
const documents = [configurationFile(), exampleFile(), jobsFile(), errorsFile(), statisticsFile()]
const files = [schema, ...client, ...documents, prometheusFile()]
const stale = changes('.', files)

if (!onlyCheck) apply('.', stale)
for (const { path, why } of stale) console.log(onlyCheck ? `${path}: ${why}` : `${path} (${why})`)
if (stale.length === 0) console.log(`All ${files.length} generated files are up to date.`)
else if (onlyCheck) console.log('Run: npm run generate')
process.exitCode = onlyCheck && stale.length > 0 ? 1 : 0
