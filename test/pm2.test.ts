import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pm2 as ensurePm2 } from '../scripts/system/pm2.ts'
import { leadInput, untilFinal, type Watch, watchJobs } from './support/leads.ts'
import { type Stage, setStage } from './support/system.ts'
import { until } from './support/world.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
let stage: Stage
let home: string

beforeAll(async () => {
  await ensurePm2(['--version'])
  home = await mkdtemp(join(tmpdir(), 'pm2-'))
  stage = await setStage({ env: { API_INSTANCES: '2' } })
  await pm2('start', 'ecosystem.config.cjs')
})
afterAll(async () => {
  stage?.disconnect()
  await pm2('kill')
  await stage?.close()
  await rm(home, { recursive: true, force: true })
})

async function pm2(...args: string[]): Promise<string> {
  const program = join(root, '.tools/pm2/node_modules/pm2/bin/pm2')
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH: `${join(process.execPath, '..')}:${PATH}`, HOME, PM2_HOME: home, ...stage.env }
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: root,
    env,
    maxBuffer: 10_000_000,
  })
  return stdout
}

interface App {
  name: string
  pm_id: number
  pid: number
  pm2_env: { status: string; restart_time: number; exec_mode: string }
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
