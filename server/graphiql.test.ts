import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { buildSchema } from '../schema/index.ts'
import { registry } from '../workers/registry.ts'

const schema = buildSchema(registry)

const faults = (source: string) => validate(schema, parse(source)).map(({ message }) => message)

function tabs(): string[] {
  const self: { examples: string[] } = { examples: [] }
  runInNewContext(readFileSync('server/graphiql/examples.js', 'utf8'), { self })
  return self.examples
}

test('every tab that GraphiQL opens with is a request the API understands, and there is one for each area', () => {
  const all = tabs()
  expect(all.flatMap((source) => faults(source))).toEqual([])
  const named = all.map((source) => /(?:query|mutation|subscription) (\w+)/.exec(source)?.[1])
  expect(new Set(named).size).toBe(all.length)
  const areas = ['leads', 'jobs', 'messages', 'campaigns', 'schedules', 'stats', 'integrations']
  for (const area of [...areas, 'suppressions', 'webhookReceipts', 'backupHealth', 'apiKeys', 'auditLog'])
    expect(all.some((source) => source.includes(`  ${area}`))).toBe(true)
})

test('every request of the README and of the docs is one the API understands', () => {
  const pages = ['README.md', 'docs/using-the-api.md', 'docs/statistics.md', 'docs/campaigns.md']
  const blocks = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(/```graphql\n([\s\S]*?)```/g),
  ])
  expect(blocks.length).toBeGreaterThan(4)
  expect(blocks.flatMap(([, source = '']) => faults(source))).toEqual([])
})
