import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { settings } from '../../runtime/config.ts'
import { configurationFile } from './configuration.ts'
import { table } from './file.ts'
import { inputFields } from './input-fields.ts'
import { apply, changes } from './sync.ts'

describe('generated files and the tree', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'generated-'))
  })

  afterEach(() => rmSync(root, { recursive: true }))

  test('a file that is missing, differs or is no longer generated is named, and put right', () => {
    mkdirSync(join(root, 'docs/reference'), { recursive: true })
    writeFileSync(join(root, 'docs/reference/old.md'), 'old')
    writeFileSync(join(root, 'docs/reference/jobs.md'), 'edited by hand')
    const files = [
      { path: 'docs/reference/jobs.md', content: 'jobs' },
      { path: 'schema/schema.graphql', content: 'type Query' },
    ]
    const found = changes(root, files)
    expect(found.map(({ path, why }) => `${path} ${why}`)).toEqual([
      'docs/reference/jobs.md differs',
      'schema/schema.graphql missing',
      'docs/reference/old.md no longer generated',
    ])
    apply(root, found)
    expect(changes(root, files)).toEqual([])
    expect(readFileSync(join(root, 'schema/schema.graphql'), 'utf8')).toBe('type Query')
    expect(existsSync(join(root, 'docs/reference/old.md'))).toBe(false)
  })
})

describe('documents', () => {
  test('every setting has its line, in the order of the table', () => {
    const lines = configurationFile().content.matchAll(/^\| `([A-Z0-9_]+)`/gm)
    expect([...lines].map(([, name]) => name)).toEqual(Object.keys(settings))
  })

  test('a pipe or a line break in a text does not break the table', () => {
    expect(table(['a'], [['x | y\nz']])).toBe('| a |\n| --- |\n| x \\| y z |')
  })

  test('fields of an input are listed however deep they are', () => {
    const input = z.strictObject({
      filter: z.strictObject({ tag: z.string().describe('A tag') }),
      items: z.array(z.object({ id: z.uuid() })).optional(),
      mode: z.enum(['fast', 'slow']).default('fast'),
    })
    const fields = inputFields(z.toJSONSchema(input, { io: 'input' }))
    expect(fields.map(({ name, type, required }) => [name, type, required])).toEqual([
      ['filter', 'object', true],
      ['filter.tag', 'string', true],
      ['items', 'list of object', false],
      ['items[].id', 'string (uuid)', true],
      ['mode', '"fast" or "slow"', false],
    ])
    expect(fields[1]?.description).toBe('A tag')
  })
})
