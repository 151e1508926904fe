import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Runs code in a process that logs as ours do. @returns what it wrote, by stream */
function run(code: string): Promise<{ stdout: string; stderr: string }> {
  const program = `import { createLogger } from './runtime/logger.ts'
    import { captureOutput } from './runtime/stray-output.ts'
    captureOutput(createLogger({ LOG_LEVEL: 'info' }, 'test'))
    ${code}`
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
      { cwd: root },
      (_error, stdout, stderr) => resolve({ stdout, stderr }),
    ),
  )
}

const line = (text: string) => JSON.parse(text) as { level: string; msg: string; err?: { at: string[] } }

test.each([
  ['an error nobody caught', "setTimeout(() => { throw new Error('first\\nsecond') })", 'fatal'],
  ['a rejection nobody caught', "Promise.reject(new Error('first\\nsecond'))", 'fatal'],
  ['a warning of Node', "process.emitWarning('first\\nsecond', { detail: 'more\\nlines' })", 'warn'],
  ['what a package writes to the console', "console.error('first\\nsecond', new Error('x'))", 'warn'],
  [
    'what a package prints',
    "console.log({ a: 'first', b: ['second'.repeat(40), 'third'.repeat(40)] })",
    'info',
  ],
])('%s is one line of JSON in the log, and nothing is raw', async (_what, code, level) => {
  const { stdout, stderr } = await run(code)
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(line(stdout)).toMatchObject({ level, app: 'test' })
})
