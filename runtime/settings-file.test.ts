import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exampleFile } from '../scripts/generate/settings-example.ts'
import { unusedVendors } from '../test/support/unused-vendors.ts'
import { ConfigError, readConfig } from './config.ts'
import { parseSettings } from './settings-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const needed = {
  DATABASE_URL: 'mysql://u:p@127.0.0.1/solaria',
  REDIS_URL: 'redis://127.0.0.1',
  ...unusedVendors,
}
const lines = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}='${value}'`)
    .join('\n')

let count = 0
function file(text: string, mode = 0o640): string {
  const path = join(folder, `${count++}.env`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const read = (text: string, env: Record<string, string> = {}, mode?: number) =>
  readConfig({ ...env, SOLARIA_SETTINGS: file(text, mode) })

function problemsOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('where settings come from', () => {
  test('the settings file beats the environment, which PM2 keeps from the first start, even for what it does not set', () => {
    const stale = { LOG_LEVEL: 'trace', PORT: '4999' }
    const { config, source } = read(`${lines(needed)}\nLOG_LEVEL=warn`, stale)
    expect(config).toMatchObject({ LOG_LEVEL: 'warn', PORT: 4000 })
    expect(source).toMatchObject({ overridden: [], ignored: ['PORT', 'LOG_LEVEL'] })
  })

  test('OVERRIDE_ beats the settings file, and the process says that it did', () => {
    const { config, source } = read(`${lines(needed)}\nLOG_LEVEL=warn`, { OVERRIDE_LOG_LEVEL: 'debug' })
    expect(config.LOG_LEVEL).toBe('debug')
    expect(source.overridden).toEqual(['LOG_LEVEL'])
  })

  test('without a settings file the environment counts', () => {
    const { config, source } = readConfig({ ...needed, LOG_LEVEL: 'error', SOLARIA_SETTINGS: 'none' })
    expect(config.LOG_LEVEL).toBe('error')
    expect(source).toEqual({ file: undefined, overridden: [], ignored: [] })
  })
})

describe('what is wrong with settings is said at once, without a value', () => {
  test('misspelt, doubled, unclear, missing and wrong settings are all named, with what was meant', () => {
    const { DATABASE_URL: _, ...others } = needed
    const text = `${lines(others)}
DATABSE_URL=mysql://u:s3cret@127.0.0.1/solaria
export PORT=4000
WHATSAPP_TOKEN=abc#defgh
REDIS_URL=redis://127.0.0.1
COLOUR=blue
LOG_LEVEL=loud
SHUTDOWN_SECONDS=0
SMTP_URL_FILE=/nowhere/key`
    const problems = problemsOf(() => read(text)).join('\n')
    for (const part of [
      'sets DATABSE_URL, which is no setting; did you mean DATABASE_URL?',
      'is not NAME=value; a value with # or quotes in it is put into quotes of the other kind',
      'sets REDIS_URL a second time',
      /sets COLOUR, which is no setting$/m,
      'DATABASE_URL: expected a URL',
      'LOG_LEVEL: ',
      'SHUTDOWN_SECONDS: ',
      'SMTP_URL_FILE: cannot be read (ENOENT)',
    ])
      expect(problems).toMatch(part)
    expect(problems).not.toMatch(/s3cret|abc#|loud/)
  })

  test('a setting that is missing is looked for under a misspelt name of the environment', () => {
    const { REDIS_URL, ...others } = needed
    const [problem] = problemsOf(() =>
      readConfig({ ...others, REDIS_URI: REDIS_URL, SOLARIA_SETTINGS: 'none' }),
    )
    expect(problem).toMatch(/^REDIS_URL: .*REDIS_URI is set, which is no setting\./)
  })

  test('a settings file that is named but not there is the only problem told of', () => {
    const path = join(folder, 'nothing.env')
    expect(problemsOf(() => readConfig({ ...needed, SOLARIA_SETTINGS: path }))).toEqual([
      `${path}: cannot be read (ENOENT)`,
    ])
  })

  test.each([
    ['644', /everyone on this machine may use it \(mode 644\)/],
    ['660', /its group may write it \(mode 660\)/],
  ])('a settings file of mode %s is refused, for it holds secrets', (mode, message) => {
    expect(problemsOf(() => read(lines(needed), {}, Number.parseInt(mode, 8)))).toEqual([
      expect.stringMatching(message),
    ])
  })

  test.each(['600', '640', '400'])('a settings file of mode %s is taken', (mode) => {
    expect(read(lines(needed), {}, Number.parseInt(mode, 8)).config.PORT).toBe(4000)
  })
})

describe('the template of the settings file', () => {
  const { content } = exampleFile()

  test('once what is required is filled in, the template is a file that starts a process', () => {
    const filled = Object.entries(needed).reduce(
      (text, [name, value]) => text.replace(new RegExp(`^(# )?${name}=.*$`, 'm'), `${name}='${value}'`),
      content,
    )
    expect(read(filled).source.overridden).toEqual([])
  })

  test('the template tells every setting, with a default that may be taken as it is', () => {
    const uncommented = content.replace(/^# (?=[A-Z][A-Z0-9_]*=)/gm, '')
    const names = uncommented.match(/^[A-Z][A-Z0-9_]*(?==)/gm) ?? []
    expect(names).toContain('ENCRYPTION_KEYS')
    expect(parseSettings(uncommented, names).problems).toEqual([])
    const defaults = Object.fromEntries(
      Object.entries(parseSettings(uncommented, names).values).filter(([, value]) => value !== ''),
    )
    expect(problemsOf(() => readConfig({ ...needed, ...defaults, SOLARIA_SETTINGS: 'none' }))).toEqual([])
  })
})
