import { findProgram } from './programs.ts'

/**
 * Makes sure that the programs which make and restore backups are there.
 * @throws Error that says what to install, where this process may not
 */
export async function findBackupPrograms(): Promise<void> {
  await findProgram({ names: ['restic'], packages: ['restic'] })
  await findProgram({ names: ['mariadb-dump', 'mysqldump'], packages: ['mariadb-client'] })
  await findProgram({ names: ['mariadb', 'mysql'], packages: ['mariadb-client'] })
}
