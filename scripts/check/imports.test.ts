import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blank } from './blank.ts'
import { typescriptFiles } from './files.ts'
import { checkImports } from './imports.ts'
import { specifiersOf } from './specifiers.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imports-'))
})

afterEach(() => rmSync(root, { recursive: true }))

function problems(path: string, source: string): string[] {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), source)
  return checkImports(root).problems
}

describe('who imports whom', () => {
  test.each([
    ['queue/a.ts', "import { x } from '../ledger/a.ts'"],
    ['entities/a.ts', "import type { X } from '../ledger/a.ts'"],
    ['integrations/a.ts', "export * from '../runtime/config.ts'"],
    ['ledger/a.ts', "export { x } from '../schema/a.ts'"],
    ['ledger/a.ts', "const a = await import('../workers/registry.ts')"],
    ['marketing/a.ts', "import '../queue/a.ts'"],
    ['marketing/a.ts', "import {\n  a,\n  b,\n} from '../workers/a.ts'"],
    ['ledger/a.ts', "import { x } from '../marketing/a.ts'"],
    ['access/a.ts', "import { x } from '../marketing/a.ts'"],
    ['workers/a.ts', "import { x } from '../integrations/http.ts'"],
    ['workers/a.ts', "import { type X } from '../runtime/services.ts'"],
    ['workers/a.ts', "import { sendersOf } from '../marketing/messages/senders.ts'"],
    ['runtime/a.ts', "import { x } from '../server/a.ts'"],
    ['resolvers/a.ts', "import type { X } from '../schema/index.ts'"],
    ['resolvers/a.ts', "import { x } from '../queue/queues.ts'"],
    ['schema/a.ts', "import { x } from '../ledger/enqueue.ts'"],
    ['schema/a.ts', "import { x } from '../resolvers/a.ts'"],
    ['server/a.ts', "import { x } from '../schema/builder.ts'"],
    ['server/a.ts', "import { x } from '../resolvers/leads.ts'"],
    ['sandbox/a.ts', "import { x } from '../integrations/http.ts'"],
    ['console/a.ts', "import { x } from '../ledger/a.ts'"],
    ['bin/a.ts', "import { x } from '../scripts/a.ts'"],
    ['queue/a.ts', "import { x } from '../../elsewhere/a.ts'"],
    ['helpers/a.ts', "import { x } from '../ledger/a.ts'"],
  ])('%s is told off for %s', (path, source) => {
    expect(problems(path, source)).toEqual([expect.stringContaining(`${path}:1 imports`)])
  })

  test.each([
    ['ledger/a.ts', "import { x } from '../queue/keys.ts'"],
    ['workers/a.ts', "import type { X } from '../runtime/services.ts'"],
    ['marketing/a.ts', "import { enqueueIn } from '../ledger/enqueue.ts'"],
    ['marketing/a.ts', "import { VendorError } from '../integrations/errors.ts'"],
    ['schema/a.ts', "import type { X } from '../ledger/row.ts'"],
    ['schema/a.ts', "import { X } from '../ledger/errors.ts'"],
    ['schema/index.ts', "import { x } from '../resolvers/leads.ts'"],
    ['server/a.ts', "import { x } from '../schema/index.ts'"],
    ['queue/a.test.ts', "import { x } from '../ledger/a.ts'"],
    ['integrations/stub.ts', "import { x } from '../sandbox/server.ts'"],
    ['test/story.ts', "import { x } from '../ledger/a.ts'"],
    ['queue/a.ts', "// import { x } from '../ledger/a.ts'\nexport const a = \"import '../ledger/a.ts'\""],
  ])('%s may say %s', (path, source) => {
    expect(problems(path, source)).toEqual([])
  })
})

describe('one home each', () => {
  test.each([
    ['ledger/a.ts', "import { Redis } from 'ioredis'", 'ioredis is queue'],
    ['server/a.ts', "import type { Job } from 'bullmq'", 'bullmq is queue'],
    ['ledger/a.ts', "import { MikroORM } from '@mikro-orm/mariadb'", '@mikro-orm/mariadb is runtime/db.ts'],
    ['runtime/a.ts', "import { createYoga } from 'graphql-yoga'", 'graphql-yoga is server'],
    ['bin/a.ts', "import { useServer } from 'graphql-ws/use/ws'", 'graphql-ws is server'],
    ['runtime/a.ts', "import { WebSocket } from 'ws'", 'ws is server'],
    ['schema/a.ts', "import type { ObjectRef } from '@pothos/core'", '@pothos is schema/builder.ts'],
    ['server/a.ts', 'export const port = process.env.PORT', 'process.env belongs into runtime/config.ts'],
    [
      'server/a.ts',
      `export const text = \`\${process.env.PORT}\``,
      'process.env belongs into runtime/config.ts',
    ],
    ['integrations/a.ts', "await fetch('https://example.org')", 'fetch( belongs into integrations/http.ts'],
    [
      'workers/a.ts',
      'await email.sendTemplate(mail, call)',
      'writes to people belongs into marketing/messages',
    ],
    [
      'marketing/a.ts',
      'await whatsapp\n  .sendText(text, call)',
      'writes to people belongs into marketing/messages',
    ],
    [
      'workers/a.ts',
      'await (services as Any).senders(id)',
      'writes to people belongs into marketing/messages',
    ],
    ['queue/a.ts', "console.log('here')", 'console. belongs into scripts'],
    [
      'workers/a.ts',
      "await em.execute('update `lead` set email_consent = ?')",
      'belongs into marketing/consent',
    ],
    [
      'workers/a.ts',
      "await em.nativeUpdate(Lead, { id }, { emailConsent: 'DENIED' })",
      'belongs into marketing/consent',
    ],
    ['queue/a.test.ts', "console.log('here')", 'console. belongs into scripts'],
    ['ledger/a.ts', 'export async function* live() {}', 'an async generator belongs into tests alone'],
    ['ledger/a.ts', 'export const live = { async *[Symbol.asyncIterator]() {} }', 'an async generator'],
  ])('%s is told off for %s', (path, source, reason) => {
    expect(problems(path, source)).toEqual([expect.stringContaining(reason)])
  })

  test.each([
    ['queue/a.ts', "import { Redis } from 'ioredis'"],
    ['ledger/a.ts', "import type { Redis } from 'ioredis'"],
    ['runtime/config.ts', 'export const { env } = process.env'],
    [
      'queue/a.ts',
      '// process.env, fetch(url) and console.log are words here\nexport const a = yoga.fetch(url)',
    ],
  ])('%s may say %s', (path, source) => {
    expect(problems(path, source)).toEqual([])
  })
})

test('texts, templates, comments and regular expressions hide no code and are none', () => {
  const source = [
    "const a = /[`'\"]/.test(b) / 2 // ' `",
    `const c = \`\${\`\${"}"}\` + d} ' \` /* " */`,
    "import { e } from './e.ts'",
  ].join('\n')
  expect(specifiersOf(source)).toEqual([{ specifier: './e.ts', typeOnly: false, line: 3 }])
  expect(blank(source)).toContain(' + d}')
})

describe('this project', () => {
  test('is read whole', () => {
    expect(checkImports('.').files).toBeGreaterThan(80)
  })

  test('has balanced brackets once comments, texts and regular expressions are taken out of it', () => {
    const broken = typescriptFiles('.').filter((path) => !isBalanced(blank(readFileSync(path, 'utf8'))))
    expect(broken).toEqual([])
  })
})

/** False means that a text or a comment was taken for code, or code for one of them. */
function isBalanced(code: string): boolean {
  const pairs: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
  const open: string[] = []
  for (const bracket of code.match(/[()[\]{}]/g) ?? []) {
    if (!pairs[bracket]) open.push(bracket)
    else if (open.pop() !== pairs[bracket]) return false
  }
  return open.length === 0
}
