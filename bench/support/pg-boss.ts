import { startPostgres } from './postgres.ts'

/** The durable peer: jobs in PostgreSQL. */
export interface Boss {
  send(): Promise<unknown>
  stop(): Promise<void>
}

/** The part of pg-boss that is used here; the package is not there when types are checked. */
interface PgBoss {
  start(): Promise<unknown>
  createQueue(name: string): Promise<void>
  send(name: string, data: object): Promise<string | null>
  stop(options: { graceful: boolean }): Promise<void>
  on(event: 'error', listener: (error: Error) => void): void
}
type PgBossModule = {
  PgBoss: new (options: {
    connectionString: string
    max: number
    supervise: boolean
    schedule: boolean
  }) => PgBoss
}

const packageName: string = 'pg-boss'
const queue = 'lead-created'

/** Starts pg-boss on a PostgreSQL of its own; undefined when there is none. */
export async function startBoss(connections: number, data: object): Promise<Boss | undefined> {
  const postgres = await startPostgres()
  if (!postgres) return undefined
  const { PgBoss } = (await import(packageName)) as PgBossModule
  const boss = new PgBoss({
    connectionString: postgres.url,
    max: connections,
    supervise: false,
    schedule: false,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(queue)
  return {
    send: () => boss.send(queue, data),
    stop: async () => {
      await boss.stop({ graceful: false })
      await postgres.stop()
    },
  }
}
