import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import packageFile from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../', import.meta.url))
const require = createRequire(import.meta.url)
const { NEEDED, fits } = require('./node-version.cjs') as {
  NEEDED: string
  fits: (version: string) => boolean
}

function node(args: string[], program: string): Promise<{ stdout: string; stderr: string; code: unknown }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [...args, '-e', program], { cwd: root }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    ),
  )
}

/** As if Node were an older one. */
const oldNode = "Object.defineProperty(process, 'version', { value: 'v20.19.0' });"

test('a process that cannot be loaded says so in one line of JSON, not in a stack', async () => {
  const { stderr, code } = await node(
    ['--import', './bin/guard.mjs'],
    "import('./bin/nothing-of-this-name.ts')",
  )
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(stderr)).toMatchObject({ level: 'fatal', err: { code: 'ERR_MODULE_NOT_FOUND' } })
  expect(code).toBe(1)
})

test('PM2 is told which Node is needed and which was found, where it would say "malformated"', async () => {
  const { stderr, code } = await node([], `${oldNode} require('./ecosystem.config.cjs')`)
  expect(stderr).toMatch(
    /^This project needs Node .*22\.20.*; this is v20\.19\.0 \(.*\)\. Put a Node that fits/,
  )
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
})

test('the Nodes that are refused are those that package.json leaves out', () => {
  expect(packageFile.engines.node.replace('22.20.0', '22.20').replace('24.0.0', '24')).toBe(NEEDED)
  const versions = ['v22.19.9', 'v22.20.0', 'v23.1.0', 'v24.0.0', 'v25.0.0', 'v26.0.0']
  expect(versions.map(fits)).toEqual([false, true, false, true, false, true])
})
