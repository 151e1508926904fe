import type { Em } from '../../entities/index.ts'
import { quoteName } from '../../entities/sql.ts'

/** Scratch databases: made for one verification and dropped at its end, or by the next one if its worker was lost. */

const suffix = /_verify_[0-9a-hjkmnp-tv-z]{12}$/

/** A name that tells whose scratch database it is; the random end of the verification's id keeps it its own. */
export const scratchName = (database: string, verificationId: string) =>
  `${database.slice(0, 44)}_verify_${verificationId.slice(-12)}`

/** Makes an empty database. What an earlier attempt of the same verification left in it is gone. */
export async function createScratch(em: Em, name: string): Promise<void> {
  await dropScratch(em, name)
  await em.execute(`create database ${quoteName(name)} character set utf8mb4 collate utf8mb4_unicode_ci`)
}

/** @throws when the name is not one of a scratch database: this must never drop anything else */
export async function dropScratch(em: Em, name: string): Promise<void> {
  if (!suffix.test(name)) throw new Error('This is not the name of a scratch database')
  await em.execute(`drop database if exists ${quoteName(name)}`)
}

/**
 * Drops what lost workers left: scratch databases whose job has ended, and those nobody knows of and nobody is in.
 * @returns their names
 */
export async function sweepScratch(em: Em, database: string): Promise<string[]> {
  const dropped: string[] = []
  for (const name of await abandoned(em, database)) {
    await dropScratch(em, name)
    dropped.push(name)
  }
  return dropped
}

/** Names are compared here and not by a pattern of SQL, where `_` stands for any character. */
async function abandoned(em: Em, database: string): Promise<string[]> {
  const rows = await em.execute<{ name: string; state: string | null; users: number }[]>(
    `select s.schema_name as name, j.state as state,
       (select count(*) from information_schema.processlist p where p.db = s.schema_name) as users
     from information_schema.schemata s
     left join verification v on v.scratch_database = convert(s.schema_name using ascii) collate ascii_bin
     left join job j on j.id = v.job_id`,
  )
  const start = scratchName(database, '')
  const ours = rows.filter(({ name }) => name.startsWith(start) && suffix.test(name))
  return ours.filter(({ state, users }) => isOver(state, Number(users))).map(({ name }) => name)
}

const isOver = (state: string | null, users: number) =>
  state === null ? users === 0 : ['COMPLETED', 'DEAD', 'CANCELLED'].includes(state)
