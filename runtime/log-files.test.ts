import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { until } from '../test/support/world.ts'
import { boundLogFiles } from './log-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
const log = pino({ level: 'silent' })

test('a log file that has grown too large is begun anew, and the one before it stays', async () => {
  const [large, small] = [join(folder, 'large.log'), join(folder, 'small.log')]
  writeFileSync(large, 'x'.repeat(1_001))
  writeFileSync(small, 'x'.repeat(1_000))
  const stop = boundLogFiles([large, small, join(folder, 'none.log')], 1_000, log)
  await until('it is begun anew', () => statSync(large).size === 0)
  stop()
  appendFileSync(large, 'further')
  expect(readFileSync(large, 'utf8')).toBe('further')
  expect(readFileSync(`${large}.1`, 'utf8')).toHaveLength(1_001)
  expect(statSync(small).size).toBe(1_000)
  expect(existsSync(`${small}.1`)).toBe(false)
})
