import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../scripts/services/index.ts'
import { ensurePm2 } from '../scripts/system/pm2-program.ts'
import { leadInput, untilFinal, type Watch, watchJobs } from './support/leads.ts'
import { type Stage, setStage } from './support/system.ts'
import { until } from './support/world.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
let stage: Stage
let healthPorts: { WORKER_HEALTH_PORT: string }
let home: string

beforeAll(async () => {
  await ensurePm2()
  home = await mkdtemp(join(tmpdir(), 'pm2-'))
  stage = await setStage({ env: { API_INSTANCES: '2' } })
  healthPorts = { WORKER_HEALTH_PORT: String(await findFreePort(30_500)) }
  await writeSettings()
  await pm2('start', 'ecosystem.config.cjs')
})
afterAll(async () => {
  stage?.disconnect()
  await pm2('kill')
  await stage?.close()
  await rm(home, { recursive: true, force: true })
})

const settingsFile = () => join(home, 'solaria.env')

/** Writes the settings file that all processes read. */
async function writeSettings(changes: Record<string, string> = {}): Promise<void> {
  const lines = Object.entries({ ...stage.env, ...changes }).map(([name, value]) => `${name}='${value}'`)
  await writeFile(settingsFile(), lines.join('\n'), { mode: 0o600 })
}

/** PM2 and its apps find their settings in the file, and in the environment what the first start once had. */
const environment = () => {
  const { PATH = '', HOME = '' } = process.env
  const bin = join(root, '.tools/pm2/node_modules/.bin')
  const folders = [join(process.execPath, '..'), bin, PATH].join(':')
  return {
    PATH: folders,
    HOME,
    PM2_HOME: home,
    SOLARIA_SETTINGS: settingsFile(),
    LOG_LEVEL: 'silent',
    PORT: '1',
  }
}

async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: root,
    env: environment(),
    maxBuffer: 10_000_000,
  })
  return stdout
}

const pm2Program = join(root, '.tools/pm2/node_modules/pm2/bin/pm2')
const pm2 = (...args: string[]) => run(pm2Program, ...args)

/** `npm run reload`. @returns how it ended, and what it printed */
const reload = () =>
  run('scripts/reload.ts').then(
    (output) => ({ code: 0, output }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  )

interface App {
  name: string
  pm_id: number
  pid: number
  pm2_env: { status: string; restart_time: number; exec_mode: string; kill_timeout: number }
}

async function apps(): Promise<App[]> {
  const output = await pm2('jlist', '--silent')
  return JSON.parse(output.slice(output.indexOf('[{')))
}

test('PM2 runs the API as a cluster, the dispatcher, and each job as an app of its own', async () => {
  const all = await apps()
  expect(all.map(({ name }) => name).sort()).toEqual([
    'api',
    'api',
    'backup.daily',
    'campaign.sync',
    'dispatcher',
    'lead.created',
    'stats.rollup',
  ])
  expect(all.every(({ pm2_env }) => pm2_env.status === 'online')).toBe(true)
})

const create = `mutation ($input: CreateLeadInput!) {
  createLead(input: $input) { ... on CreateLeadPayload { job { id } } ... on Error { message } }
}`

test('a rolling reload under load: no request fails, and no subscriber misses an end', async () => {
  const watches: Watch[] = [watchJobs(stage)]
  await until('the watcher listens', () => watches[0]!.others.length > 0)
  const follow = followResuming(watches)
  const before = await apps()
  const jobs: string[] = []
  const failures: unknown[] = []
  let reloading = true
  const client = async (offset: number) => {
    for (let n = offset; reloading; n += 3) {
      await stage.ask<{ createLead: { job: { id: string } } }>(create, { input: leadInput(1_000 + n) }).then(
        ({ createLead }) => jobs.push(createLead.job.id),
        (error: Error) => failures.push(String((error.cause as NodeJS.ErrnoException)?.code ?? error)),
      )
    }
  }
  const load = Promise.all([client(0), client(1), client(2)])
  await pm2('reload', 'ecosystem.config.cjs')
  reloading = false
  await load
  expect(failures).toEqual([])
  const after = await apps()
  const replaced = (name: string) =>
    after.filter((app) => app.name === name).every(({ pid }) => before.every((old) => old.pid !== pid))
  expect(['api', 'dispatcher', 'lead.created'].map(replaced)).toEqual([true, true, true])
  expect(jobs.length).toBeGreaterThan(20)
  expect(await untilFinal(stage, jobs, 120_000)).toEqual({ COMPLETED: jobs.length })
  await until(
    'every end was seen',
    () => jobs.every((id) => watches.some(({ seen }) => seen.get(id)?.includes('COMPLETED'))),
    60_000,
  )
  expect(watches.flatMap(({ others }) => others)).not.toContain('JobEventsGap')
  follow.stop()
}, 300_000)

const deep = '{ jobs(first: 1) { nodes { lead { timeline(first: 1) { nodes { at } } } } } }'

const pidsOf = (list: App[], name: string) => list.filter((app) => app.name === name).map(({ pid }) => pid)

test('a reload takes changed settings, also the number of API processes and the time they get to stop', async () => {
  await writeSettings({ API_INSTANCES: '1', MAX_QUERY_DEPTH: '3', SHUTDOWN_SECONDS: '11', ...healthPorts })
  expect(await reload()).toMatchObject({ code: 0 })
  const all = await apps()
  expect(pidsOf(all, 'api')).toHaveLength(1)
  expect(new Set(all.map(({ pm2_env }) => pm2_env.kill_timeout))).toEqual(new Set([16_000]))
  await expect(stage.ask(deep)).rejects.toThrow('at most 3 are allowed')
}, 300_000)

test('each app answers a scrape on a port of its own, under its own name', async () => {
  const names = ['dispatcher', 'lead.created', 'campaign.sync', 'stats.rollup', 'backup.daily']
  for (const [index, name] of names.entries()) {
    const answer = await fetch(`http://127.0.0.1:${Number(healthPorts.WORKER_HEALTH_PORT) + index}/metrics`)
    expect(await answer.text()).toContain(`solaria_process_uptime_seconds{app="${name}"}`)
  }
})

test('with settings that are not usable nothing is reloaded, and everything that is wrong with them is named', async () => {
  const before = await apps()
  await writeSettings({ LOG_LEVEL: 'loud', SHUTDOWN_SECONDS: 'ten' })
  const { code, output } = await reload()
  expect(code).toBe(1)
  expect(output).toMatch(/Nothing was reloaded.*SHUTDOWN_SECONDS.*LOG_LEVEL/s)
  expect((await apps()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
})

test('a reload that an API process would not survive leaves the old ones alone', async () => {
  const before = await apps()
  await writeSettings({ HOST: '192.0.2.1' })
  const { code, output } = await reload()
  expect(code).toBe(1)
  expect(output).toMatch(/Nothing was reloaded\. A trial of the API did not come up.*EADDRNOTAVAIL/s)
  expect((await apps()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))
}, 300_000)

test('a reload ends with the name and the log of the app that does not come up, and the old API goes on', async () => {
  const before = await apps()
  const taken = createServer()
  const port = await findFreePort(31_500)
  await new Promise<void>((resolve) => taken.listen(port + 1, '127.0.0.1', resolve))
  await writeSettings({ WORKER_HEALTH_PORT: String(port) })
  const { code, output } = await reload()
  expect(code).toBe(1)
  expect(output).toMatch(/The app lead\.created did not come up.*EADDRINUSE.*Not touched: .*api/s)
  expect(pidsOf(await apps(), 'api')).toEqual(pidsOf(before, 'api'))
  expect(await stage.ask('{ __typename }')).toEqual({ __typename: 'Query' })
  await new Promise((resolve) => taken.close(resolve))
}, 300_000)

test('after a reboot the apps come back with the settings that the file has then', async () => {
  await writeSettings({ MAX_QUERY_DEPTH: '4', LOG_FILE_BYTES: '1000' })
  await pm2('kill')
  // systemd starts PM2 in the root folder.
  await promisify(execFile)(process.execPath, [pm2Program, 'resurrect'], { cwd: '/', env: environment() })
  const answers = () => stage.ask('{ __typename }').catch(() => undefined)
  await until('the API is back', async () => (await answers()) !== undefined, 60_000)
  await expect(stage.ask(deep)).rejects.toThrow('at most 4 are allowed')
}, 300_000)

test('log files are begun anew at their largest size, in cluster and fork mode, and hold nothing but lines of JSON', async () => {
  const logs = join(home, 'logs')
  for (const app of ['api', 'dispatcher']) {
    await until('it was begun anew', () => existsSync(join(logs, `${app}-out.log.1`)), 30_000)
    for (const file of [`${app}-out.log`, `${app}-out.log.1`, `${app}-error.log`])
      for (const line of readFileSync(join(logs, file), 'utf8').split('\n').filter(Boolean))
        expect(JSON.parse(line)).toHaveProperty('msg')
  }
})

/** Like a browser: when the socket closes, it resumes by the last cursor. */
function followResuming(watches: Watch[]): { stop: () => void } {
  let stopped = false
  const again = () => {
    if (stopped) return
    const next = watchJobs(stage, { after: watches.at(-1)!.cursor })
    watches.push(next)
    void next.ended.then(() => setTimeout(again, 100))
  }
  void watches[0]!.ended.then(again)
  return {
    stop: () => {
      stopped = true
    },
  }
}
