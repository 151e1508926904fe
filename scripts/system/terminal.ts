import { spawn } from 'node:child_process'

interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Done once the child has ended, after a signal too. */
  afterwards?: () => Promise<void>
}

/**
 * Runs Node in this terminal and gives its exit code, 1 when a signal ended it. A signal to this process goes to the
 * child; once that has ended, this process ends by the signal too instead of going on with its next step.
 */
export async function runNode(args: string[], options: RunOptions = {}): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: options.cwd, env: options.env, stdio: 'inherit' })
  let caught: NodeJS.Signals | undefined
  const pass = (signal: NodeJS.Signals) => {
    caught = signal
    child.kill(signal)
  }
  process.on('SIGINT', pass).on('SIGTERM', pass)
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode) => resolve(exitCode ?? 1))
  })
  await options.afterwards?.()
  process.off('SIGINT', pass).off('SIGTERM', pass)
  if (caught) process.kill(process.pid, caught)
  return code
}
