import { copyFile, rename, rm, stat, truncate } from 'node:fs/promises'
import type { Logger } from 'pino'

/** How often sizes are looked at, in ms; a flood writes some megabytes meanwhile. */
const lookEveryMs = 10_000

/**
 * Keeps log files within `maxBytes`: one that is larger is copied to `<file>.1`, in place of an earlier one, and begun anew.
 * PM2 appends to it and goes on at its start; what is written in the moment between the two may be missing.
 * @param maxBytes 0: they are left alone
 * @returns how to stop
 */
export function boundLogFiles(files: readonly string[], maxBytes: number, log: Logger): () => void {
  if (maxBytes === 0) return () => undefined
  const look = () =>
    Promise.all(files.map((file) => bound(file, maxBytes))).catch((error: Error) =>
      log.warn({ err: error }, 'A log file could not be begun anew'),
    )
  const timer = setInterval(look, lookEveryMs)
  void look()
  return () => clearInterval(timer)
}

/** The processes of the API share a file: whoever finds that another was faster leaves it at that. */
async function bound(file: string, maxBytes: number): Promise<void> {
  if ((await sizeOf(file)) <= maxBytes) return
  const copy = `${file}.${process.pid}`
  await copyFile(file, copy)
  if ((await sizeOf(file)) <= maxBytes) return rm(copy)
  await Promise.all([truncate(file), rename(copy, `${file}.1`)])
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )
