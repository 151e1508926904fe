import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { repositoryEnv } from '../../runtime/backups/open.ts'
import { programEnv } from '../../runtime/config.ts'

export interface RestoreOptions {
  repository: string
  password: string
  /** A backup's id, a snapshot's id, or `latest`. */
  backup: string
  /** Of the database to restore into; empty with `list`. */
  databaseUrl: string
  list: boolean
  /** What restic sees of the environment. */
  env: Record<string, string>
}

const usage =
  'Use: npm run restore -- --repository <restic repository> [--password-file <file>] [--backup <id>|latest] (--database-url mysql://… | --list)'

/** @throws with a sentence on what is missing */
export function parse(args: string[], env: NodeJS.ProcessEnv): RestoreOptions {
  const { values } = parseArgs({
    args,
    options: {
      repository: { type: 'string', default: env.BACKUP_REPOSITORY ?? '' },
      'password-file': { type: 'string', default: env.BACKUP_PASSWORD_FILE ?? '' },
      backup: { type: 'string', default: 'latest' },
      'database-url': { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
    },
  })
  const file = values['password-file']
  const password = file ? readFileSync(file, 'utf8').trim() : (env.BACKUP_PASSWORD ?? '')
  const { repository, backup, list, 'database-url': databaseUrl } = values
  if (!repository) throw new Error(`no repository is named. ${usage}`)
  if (!password) throw new Error('no password: set BACKUP_PASSWORD, or name a file with --password-file')
  if (!list && !/^(mysql|mariadb):\/\/[^/]+\/\w+$/.test(databaseUrl))
    throw new Error(`no database is named. ${usage}`)
  return { repository, password, backup, databaseUrl, list, env: repositoryEnv(programEnv(env), env) }
}
