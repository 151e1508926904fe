import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'stripped-'))
const program = join(folder, 'program.ts')
const preload = fileURLToPath(new URL('./stripped.mjs', import.meta.url))

afterAll(() => rmSync(folder, { recursive: true }))

function run(source: string): string {
  writeFileSync(program, source)
  return execFileSync(process.execPath, ['--import', preload, program], { encoding: 'utf8' }).trim()
}

test('a module whose stripped source is kept runs as it is written now, line numbers included', () => {
  const tellLine = (
    text: string,
  ) => `type T = string\nconst t: T = '${text}'\nconst line = new Error().stack?.match(/program.ts:(\\d+)/)?.[1]
console.log(t, line)`
  expect(run(tellLine('one'))).toBe('one 3')
  expect(run(tellLine('one'))).toBe('one 3')
  expect(run(tellLine('two'))).toBe('two 3')
})
