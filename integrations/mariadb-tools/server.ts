import type { ProgramRule } from '../programs/errors.ts'

/** How MariaDB's programs reach a server. */
export interface DatabaseServer {
  /** `mysql://user:password@host:port/database` */
  url: string
  env: Readonly<Record<string, string>>
}

/** Options without the password, which goes through the environment, and the name of the database. */
export function connectionOf({ url, env }: DatabaseServer) {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    args: [
      // Nobody's configuration may change what a backup is.
      '--no-defaults',
      `--host=${hostname}`,
      `--port=${port || 3306}`,
      `--user=${decodeURIComponent(username)}`,
      '--protocol=tcp',
      '--default-character-set=utf8mb4',
    ],
    env: { ...env, MYSQL_PWD: decodeURIComponent(password) },
    database: decodeURIComponent(pathname.slice(1)),
  }
}

/** Failures of `mariadb-dump` and `mariadb`, by the error numbers they repeat. */
export const serverRules: readonly ProgramRule[] = [
  {
    text: /\b(1356|1449)\b|references invalid table/i,
    errorClass: 'PERMANENT',
    code: 'INVALID_VIEW',
    meaning: 'a view, trigger or routine refers to something that is not there; repair it or drop it',
  },
  {
    text: /(?:error:? |\()(?:1044|1045|1142|1227)\b|access denied|command denied/i,
    errorClass: 'PERMANENT',
    code: 'DATABASE_REFUSED',
    meaning: 'the user of DATABASE_URL may not do this; see docs/backup-and-restore.md for the privileges',
  },
  {
    text: /error:? (2002|2003|2005|2006|2013|2026|1040|1053|1927)\b|lost connection|gone away|can't connect/i,
    errorClass: 'TRANSIENT',
    code: 'DATABASE_AWAY',
    meaning: 'MariaDB cannot be reached or went away; it is tried again',
  },
  {
    text: /errno:? 28\b|no space left|error:? (1114|1021)\b|disk full/i,
    errorClass: 'PERMANENT',
    code: 'DISK_FULL',
    meaning: 'the disk of MariaDB is full',
  },
]
