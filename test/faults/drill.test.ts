import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Process, startEntry } from '../support/processes.ts'
import { addLeads, makeRepository, type Repository } from '../support/repository.ts'
import { type Stage, setStage } from '../support/system.ts'
import { until } from '../support/world.ts'

/** Seeds of the moments at which the worker is killed: a phase, and so many ms after it has begun. */
const kills = [4, 13, 22, 31]
const delayOf = (seed: number) => (seed * 7_919) % 400
const phases = ['REPOSITORY', 'RESTORE', 'COMPARE', 'FOREIGN_KEYS']

let stage: Stage
let repository: Repository
let processes: Process[]
let worker: Process

beforeAll(async () => {
  stage = await setStage({ env: { WORKER_JOBS: 'backup.verify', BACKUP_CHECK_SUBSET: '100%' } })
  const fork = () => stage.orm.em.fork()
  repository = await makeRepository({ databaseUrl: stage.env.DATABASE_URL!, fork })
  Object.assign(stage.env, { BACKUP_REPOSITORY: repository.dir, BACKUP_PASSWORD: repository.password })
  await addLeads(fork(), stage.workspaceId, 3_000)
  await repository.backup()
  processes = await Promise.all(
    ['api', 'dispatcher'].map((entry) => startEntry(`bin/${entry}.ts`, stage.env)),
  )
  worker = await startEntry('bin/worker.ts', stage.env)
})
afterAll(async () => {
  stage.disconnect()
  await Promise.all([...processes, worker].map((each) => each.stop()))
  repository.close()
  await stage.close()
})

async function verify(): Promise<string> {
  const { verifyBackup } = await stage.ask<{ verifyBackup: { job: { id: string } } }>(
    'mutation { verifyBackup(input: {}) { ... on BackupJobPayload { job { id } } } }',
  )
  return verifyBackup.job.id
}

const query = <Row>(sql: string, values: unknown[] = []) => stage.orm.em.fork().execute<Row[]>(sql, values)

const databaseName = () => new URL(stage.env.DATABASE_URL!).pathname.slice(1)
const scratches = () =>
  query<{ name: string }>(
    'select schema_name as name from information_schema.schemata where left(schema_name, ?) = ?',
    [databaseName().length + 8, `${databaseName()}_verify_`],
  )

/** Programs that work for this test: its repository or its database is in their environment or their arguments. */
function programs(): string[] {
  const lines = execFileSync('ps', ['axewwo', 'args=']).toString().split('\n')
  const places = [repository.dir, databaseName()]
  return lines.filter(
    (line) =>
      /^\S*\b(restic|mariadb|mysql|setpriv) /.test(line) && places.some((place) => line.includes(place)),
  )
}

async function untilFinal(id: string): Promise<string> {
  return until(
    'the verification is final',
    async () => {
      const [row] = await query<{ state: string }>('select state from job where id = ?', [id])
      return ['COMPLETED', 'DEAD', 'CANCELLED'].includes(row!.state) ? row!.state : undefined
    },
    120_000,
  )
}

test.each(kills)(
  'the worker is killed in the middle of a verification (seed %i): it is done again and passes',
  async (seed) => {
    const id = await verify()
    const phase = phases[seed % phases.length]!
    const seen = await until(
      `the verification is in ${phase} or beyond`,
      async () => {
        const [row] = await query<{ progress: string | null; state: string }>(
          'select progress, state from job where id = ?',
          [id],
        )
        const at = phases.indexOf(JSON.parse(row?.progress ?? '{}').phase)
        return at >= phases.indexOf(phase) || row?.state === 'COMPLETED' ? row?.state : undefined
      },
      60_000,
    )
    await sleep(delayOf(seed))
    await worker.stop('SIGKILL')
    await until('its programs have ended with it', () => programs().length === 0)
    worker = await startEntry('bin/worker.ts', stage.env)
    expect(await untilFinal(id)).toBe('COMPLETED')
    expect(['ACTIVE', 'COMPLETED']).toContain(seen)
    const [row] = await query<{ state: string; findings: string }>(
      'select state, findings from verification where job_id = ?',
      [id],
    )
    expect(row).toMatchObject({ state: 'PASSED', findings: '[]' })
    expect(await scratches()).toEqual([])
    expect(await repository.locks()).toEqual([])
  },
)

test('what a lost worker left is swept by the next verification, also when its job was given up', async () => {
  const id = await verify()
  await until('there is a scratch database', async () => (await scratches()).length > 0, 60_000)
  await worker.stop('SIGKILL')
  await query("update job set state = 'DEAD', finished_at = now(3), check_at = null where id = ?", [id])
  expect(await scratches()).toHaveLength(1)
  worker = await startEntry('bin/worker.ts', stage.env)
  expect(await untilFinal(await verify())).toBe('COMPLETED')
  expect(await scratches()).toEqual([])
})
