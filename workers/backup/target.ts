import type { Em } from '../../entities/index.ts'
import { quoteName } from '../../entities/sql.ts'
import { TargetDatabaseError } from './errors.ts'

/** The database that is restored into: a new one, or an empty one, never one that holds something. */

/** Stands in it while it is not whole yet, so that a later attempt of the same job may begin anew and nobody else does. */
const marker = '_restore_under_way'
const ofTheServer = ['mysql', 'sys', 'information_schema', 'performance_schema']

/** A name that tells what was restored, and when. */
export function targetName(database: string, jobId: string, now = new Date()): string {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '')
  return `${database.slice(0, 38)}_restored_${day}_${jobId.slice(-6)}`
}

/** @throws TargetDatabaseError when nothing may be restored into a database of this name */
export function checkTargetName(name: string, inUse: string): void {
  if (!/^[A-Za-z0-9_]{1,64}$/.test(name))
    throw new TargetDatabaseError('The name of a database has 1 to 64 letters, digits and underscores')
  if (name.toLowerCase() === inUse.toLowerCase())
    throw new TargetDatabaseError('The database in use is never restored into: name another one')
  if (ofTheServer.includes(name.toLowerCase()))
    throw new TargetDatabaseError(`The database ${name} belongs to the server`)
}

/**
 * Makes the database, or takes an empty one, or begins anew the one that an earlier attempt of this job has begun.
 * @throws TargetDatabaseError when it holds something
 */
export async function claimTarget(em: Em, name: string, jobId: string): Promise<void> {
  const database = quoteName(name)
  await dropIfOwn(em, name, jobId)
  await em.execute(
    `create database if not exists ${database} character set utf8mb4 collate utf8mb4_unicode_ci`,
  )
  const [first] = await em.execute<{ name: string }[]>(
    'select table_name as name from information_schema.tables where table_schema = ? limit 1',
    [name],
  )
  if (first)
    throw new TargetDatabaseError(
      `The database ${name} holds tables already: name a new one, or drop it first`,
    )
  await em.execute(`create table ${database}.${marker} (job_id varchar(40) collate ascii_bin not null)`)
  await em.execute(`insert into ${database}.${marker} values (?)`, [jobId])
}

/** Gives the database into the hands of who wanted it. */
export async function releaseTarget(em: Em, name: string): Promise<void> {
  await em.execute(`drop table if exists ${quoteName(name)}.${marker}`)
}

/** Drops a database that this job has begun and not finished. */
export async function dropIfOwn(em: Em, name: string, jobId: string): Promise<void> {
  const known = await em.execute<unknown[]>(
    'select 1 from information_schema.tables where table_schema = ? and table_name = ?',
    [name, marker],
  )
  if (known.length === 0) return
  const own = await em.execute<unknown[]>(`select 1 from ${quoteName(name)}.${marker} where job_id = ?`, [
    jobId,
  ])
  if (own.length > 0) await em.execute(`drop database ${quoteName(name)}`)
}

/** Whether a table is ours and not of the backup. */
export const isMarker = (table: string) => table === marker
