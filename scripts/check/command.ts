import { execFile } from 'node:child_process'
import type { Check } from './run.ts'

const maxBuffer = 64 * 1024 * 1024

/** A check that is a program run by Node: it fails when the program does, with what the program said. */
export function nodeCheck(name: string, args: readonly string[]): Check {
  return {
    name,
    run: () =>
      new Promise((resolve) => {
        execFile(process.execPath, args, { maxBuffer }, (error, stdout, stderr) => {
          resolve(error ? [`${stdout}${stderr}`.trim() || error.message] : [])
        })
      }),
  }
}
