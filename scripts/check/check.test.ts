import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeCheck } from './command.ts'
import { copiesOf } from './graphql.ts'
import { duplicateTitles } from './test-titles.ts'
import { unscopedSql } from './workspace-sql.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'check-'))
})

afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

test('a second copy of a package is found, however deep it is', () => {
  put('graphql/package.json', '{}')
  put('@scope/tool/node_modules/other/node_modules/graphql/package.json', '{}')
  expect(copiesOf('graphql', root)).toEqual([
    join(root, 'graphql'),
    join(root, '@scope/tool/node_modules/other/node_modules/graphql'),
  ])
})

test('two tests of one title are found across files, with the blocks around them', () => {
  put(
    'a/one.test.ts',
    "describe('leads', () => {\n  test('is kept', () => {})\n})\ntest('is kept', () => {})",
  )
  put('two.test.ts', "describe('leads', () => {\n  test.each([1, 2])('is kept', () => {})\n})")
  const places = 'a/one.test.ts:2 and two.test.ts:2'
  expect(duplicateTitles(root)).toEqual([`"leads > is kept" is the title of ${places}`])
})

test('SQL that answers a request from the rows of all workspaces is found', () => {
  put('resolvers/leads.ts', 'em.execute(`select email\n from lead where id = ?`, [id])')
  put('access/keys.ts', "em.execute('delete from `api_key` where id = ?', [id])")
  put(
    'schema/jobs.ts',
    "em.execute('select id from job where workspace_id = ? and id = ?', [workspaceId, id])",
  )
  expect(
    unscopedSql(root, ['lead', 'job', 'api_key'])
      .map((found) => found.split(' ')[0])
      .sort(),
  ).toEqual(['access/keys.ts:1', 'resolvers/leads.ts:1'])
})

test('a program that fails is a failed check with what it printed', async () => {
  const failing = nodeCheck('failing', ['-e', "console.log('said'); process.exitCode = 3"])
  expect(await failing.run()).toEqual(['said'])
  expect(await nodeCheck('missing', [join(root, 'nothing.ts')]).run()).toHaveLength(1)
  expect(await nodeCheck('fine', ['-e', '0']).run()).toEqual([])
})
