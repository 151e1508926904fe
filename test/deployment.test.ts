import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import packageFile from '../package.json' with { type: 'json' }
import { settings } from '../runtime/config.ts'
import { createLeads, untilFinal } from './support/leads.ts'
import { type Process, startEntry } from './support/processes.ts'
import { type Stage, setStage } from './support/system.ts'
import { until } from './support/world.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const page = readFileSync(join(root, 'docs/deployment.md'), 'utf8')

describe('the page on deployment', () => {
  test('names only files, commands and settings that there are', () => {
    const files = [...page.matchAll(/docs\/deployment\/([a-z.]+)/g)].map(([, name]) => name!)
    expect(files.filter((name) => !existsSync(join(root, 'docs/deployment', name)))).toEqual([])
    const unused = readdirSync(join(root, 'docs/deployment')).filter((name) => !page.includes(name))
    expect(unused).toEqual([])
    const commands = [...page.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name!)
    expect(commands.filter((name) => !Object.hasOwn(packageFile.scripts, name))).toEqual([])
    const names = [...page.matchAll(/`([A-Z]+(?:_[A-Z0-9]+)+)(?:=\d+)?`/g)].map(([, name]) => name!)
    expect(names).toContain('LOG_FILE_BYTES')
    expect(names.filter((name) => !Object.hasOwn(settings, name))).toEqual([])
  })
})

/** Makes the database and users of docs/deployment/grants.sql, under names of this test. @returns the app's URL */
async function grantAsDocumented({ orm, env }: Stage): Promise<string> {
  const url = new URL(env.DATABASE_URL!)
  const database = url.pathname.slice(1)
  const sql = readFileSync(join(root, 'docs/deployment/grants.sql'), 'utf8')
    .replace(/^--.*$/gm, '')
    .replaceAll("'solaria", `'${database}`)
    .replaceAll('`solaria\\_', `\`${database.replaceAll('_', '\\_')}\\_`)
    .replaceAll('`solaria`', `\`${database}\``)
    .replace('exists solaria ', `exists ${database} `)
  for (const statement of sql.split(';').filter((text) => text.trim())) await orm.em.fork().execute(statement)
  url.username = database
  url.password = 'APP-PASSWORD'
  return url.href
}

let stage: Stage
let repository: string
const processes: Process[] = []
afterAll(async () => {
  stage.disconnect()
  await Promise.all(processes.map((process) => process.stop()))
  const [database] = new URL(stage.env.DATABASE_URL!).pathname.slice(1).split('?')
  for (const user of [database, `${database}_migrate`])
    await stage.orm.em.fork().execute(`drop user if exists '${user}'@'127.0.0.1'`)
  await stage.close()
  await rm(repository, { recursive: true })
})

test('the documented rights of the database’s user are enough for a lead, a backup and its restore drill', async () => {
  stage = await setStage()
  repository = await mkdtemp(join(tmpdir(), 'deployment-'))
  const env = {
    ...stage.env,
    DATABASE_URL: await grantAsDocumented(stage),
    BACKUP_REPOSITORY: repository,
    BACKUP_PASSWORD: 'a password of tests',
  }
  const entries = ['api', 'dispatcher', 'worker'].map((entry) => startEntry(`bin/${entry}.ts`, env))
  processes.push(...(await Promise.all(entries)))
  expect(await untilFinal(stage, await createLeads(stage, 0, 1))).toEqual({ COMPLETED: 1 })
  await stage.ask('mutation { runBackup(input: {}) { ... on BackupJobPayload { job { id } } } }')
  const drill = await until(
    'the backup was verified',
    async () => {
      const [row] = await stage.orm.em
        .fork()
        .execute<{ state: string; error_message: string | null }[]>(
          "select state, error_message from job where name like 'backup%' and state in ('COMPLETED', 'DEAD') order by state = 'DEAD' desc, name desc limit 1",
        )
      const verified = await stage.orm.em
        .fork()
        .execute<unknown[]>('select 1 from backup where verified_at is not null')
      return verified.length > 0 || row?.state === 'DEAD' ? row : undefined
    },
    90_000,
  )
  expect(drill).toMatchObject({ error_message: null })
}, 200_000)
