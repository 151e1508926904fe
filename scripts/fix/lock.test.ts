import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { completeLock } from './lock.ts'

test('a lockfile gets the platforms an install left out, and a second time nothing', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lockfile-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'package-lock.json')
  const optionalDependencies = { 'tool-linux-x64-gnu': '1.2.3', 'tool-darwin-arm64': '1.2.3' }
  const packages = {
    '': { version: '0.1.0' },
    'node_modules/tool': { version: '1.2.3', dev: true, optionalDependencies },
    'node_modules/tool-linux-x64-gnu': { version: '1.2.3', optional: true },
  }
  writeFileSync(file, JSON.stringify({ lockfileVersion: 3, packages }))

  expect(completeLock(file)).toEqual(['tool-darwin-arm64'])
  const added = JSON.parse(readFileSync(file, 'utf8')).packages['node_modules/tool-darwin-arm64']
  expect(added).toEqual({ version: '1.2.3', cpu: ['arm64'], dev: true, optional: true, os: ['darwin'] })
  expect(completeLock(file)).toEqual([])
})
