import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

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

const passedOn = ['PATH', 'HOME', 'TMPDIR', 'SSH_AUTH_SOCK']

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
  return { repository, password, backup, databaseUrl, list, env: programEnv(env) }
}

function programEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const keys = {
    AWS_ACCESS_KEY_ID: env.BACKUP_S3_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: env.BACKUP_S3_SECRET_ACCESS_KEY,
  }
  const all = { ...Object.fromEntries(passedOn.map((name) => [name, env[name]])), ...keys }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}
