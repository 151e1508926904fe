import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs `npm run keys` as an operator would on a server: a process of its own with the database's address alone. */
export async function keysCommand(
  databaseUrl: string,
  args: string[],
): Promise<{ code: number; output: string; secret: string; id: string }> {
  const { PATH = '' } = process.env
  const { code, output } = await run(process.execPath, ['scripts/keys.ts', ...args], {
    env: { PATH, SOLARIA_SETTINGS: 'none', DATABASE_URL: databaseUrl },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  )
  const secret = /\bsol_[\w-]{43}/.exec(output)?.[0] ?? ''
  const id = /\bkey_\w{26}/.exec(output)?.[0] ?? ''
  return { code, output, secret, id }
}
