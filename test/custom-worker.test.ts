import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unusedVendors } from './support/unused-vendors.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const sources = [
  'access',
  'bin',
  'entities',
  'integrations',
  'ledger',
  'marketing',
  'queue',
  'resolvers',
  'runtime',
  'schema',
  'workers',
]
const files = ['package.json', 'ecosystem.config.cjs']

const job = `import { z } from 'zod'
import { defineJob } from './define-job.ts'

export const leadScore = defineJob<{ leadId: string; weight?: number | undefined }>({
  name: 'lead.score',
  description: 'Works out how promising a lead is.',
  input: z.strictObject({ leadId: z.string(), weight: z.number().optional() }),
  mutation: { permission: 'leads:write' },
  async run() {},
})
`

let copy: string
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'custom-worker-'))
  for (const name of [...sources, ...files]) await cp(join(root, name), join(copy, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await writeFile(join(copy, 'workers/lead.score.ts'), job)
  const registry = join(copy, 'workers/registry.ts')
  const text = await readFile(registry, 'utf8')
  const line = text.replace(/\[\s*leadCreated,/, '[leadCreated, leadScore,')
  await writeFile(registry, `import { leadScore } from './lead.score.ts'\n${line}`)
})
afterAll(() => rm(copy, { recursive: true, force: true }))

async function evaluate(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: copy,
    env: {
      ...process.env,
      ...unusedVendors,
      DATABASE_URL: 'mysql://db.example',
      REDIS_URL: 'redis://redis.example',
    },
  })
  return stdout
}

test('a job in one file and one registry line has its mutation, its enum value and its PM2 app', async () => {
  const schema = await evaluate(`
    import { printApiSchema } from './schema/index.ts'
    import { registry } from './workers/registry.ts'
    console.log(printApiSchema(registry))`)
  expect(schema).toMatch(/^ {2}enqueueLeadScore\(/m)
  expect(schema).toMatch(/^input EnqueueLeadScoreInput \{[^}]*weight: Float\b/m)
  expect(schema).toMatch(/^enum JobName \{[^}]*LEAD_SCORE/m)
  const apps = await evaluate(`
    import { createRequire } from 'node:module'
    const { apps } = createRequire(process.cwd() + '/')('./ecosystem.config.cjs')
    console.log(JSON.stringify(apps.find(({ name }) => name === 'lead.score')))`)
  expect(JSON.parse(apps)).toMatchObject({
    script: 'bin/worker.ts',
    env: { OVERRIDE_WORKER_JOBS: 'lead.score' },
  })
})

test('every job file is in the registry', async () => {
  const names = await evaluate(`
    import { readdirSync } from 'node:fs'
    import { registry } from './workers/registry.ts'
    const files = readdirSync('workers').filter((file) => /^[a-z]+\\.[a-z-]+\\.ts$/.test(file) && !file.endsWith('.test.ts'))
    const listed = new Set(registry.map(({ name }) => name + '.ts'))
    console.log(JSON.stringify(files.filter((file) => !listed.has(file))))`)
  expect(JSON.parse(names), 'add these to workers/registry.ts').toEqual([])
})
