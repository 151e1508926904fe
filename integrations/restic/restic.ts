import type { Readable, Writable } from 'node:stream'
import { checkEnd, type ProgramError } from '../programs/errors.ts'
import { readLines, runProgram, startProgram } from '../programs/run.ts'
import { filesRules, resticRules } from './errors.ts'

/** Backups in a restic repository: encrypted, deduplicated, on a disk, over SFTP or in S3 (https://restic.net). */

export interface ResticSettings {
  /** As restic writes it: a path, `sftp:user@host:/path`, `s3:https://host/bucket`. */
  repository: string
  password: string
  /** `PATH`, `HOME` and, for S3, the credentials. */
  env: Readonly<Record<string, string>>
}

interface BackupProgress {
  bytesDone: number
  /** Of the files; unknown for a stream. */
  bytesTotal: number | undefined
}

/** What a backup came to. */
export interface BackupSummary {
  snapshotId: string
  bytesRead: number
  /** What was new to the repository, before compression. */
  bytesAdded: number
}

export interface Snapshot {
  id: string
  time: Date
  tags: readonly string[]
}

/** How many snapshots stay: the newest of each of so many days, weeks and months. */
interface KeepPolicy {
  daily: number
  weekly: number
  monthly: number
}

/** A backup of a stream under way. */
export interface StreamBackup {
  stdin: Writable
  /** Ends the input and waits until the snapshot is kept. Without it nothing is. @throws ProgramError */
  finish(): Promise<BackupSummary>
  /** Resolves when restic has ended, whether by itself or by the signal. */
  ended: Promise<unknown>
  /** Rejects when restic breaks off. @throws ProgramError */
  failure: Promise<void>
}

export interface Restic {
  /** Makes the repository if there is none. @throws ProgramError, also when it is there and does not open */
  open(signal: AbortSignal): Promise<void>
  /** Keeps a stream as one file. Nothing is kept unless `finish` is called; ending the signal ends it. */
  backupStream(what: { filename: string; tags: readonly string[] }, signal: AbortSignal): StreamBackup
  backupPaths(
    what: { paths: readonly string[]; tags: readonly string[] },
    signal: AbortSignal,
    onProgress: (progress: BackupProgress) => void,
  ): Promise<BackupSummary>
  /** All snapshots, oldest first. */
  snapshots(signal: AbortSignal): Promise<Snapshot[]>
  /** Reads one file of a snapshot. `ended` rejects with a ProgramError unless all of it was read. */
  dump(
    what: { snapshotId: string; filename: string },
    signal: AbortSignal,
  ): { stdout: Readable; ended: Promise<void> }
  /** Takes snapshots out; their data goes with `prune`. */
  forget(ids: readonly string[], signal: AbortSignal): Promise<void>
  /** What the policy does not keep of the snapshots with this tag. */
  surplus(tag: string, keep: KeepPolicy, signal: AbortSignal): Promise<Snapshot[]>
  /** Removes data no snapshot uses. */
  prune(signal: AbortSignal): Promise<void>
  /** Looks for damage. @param subset share of the data that is read as well, e.g. `5%`; all of it: `100%` */
  check(signal: AbortSignal, subset?: string): Promise<void>
  /** Removes locks whose owners are gone. */
  unlock(signal: AbortSignal): Promise<void>
}

const program = { names: ['restic'], package: 'restic' } as const

/** A repository. Every call starts restic anew; ending its signal ends restic and gives its lock back. */
export function createRestic({ repository, password, env }: ResticSettings): Restic {
  const withSecrets = { ...env, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password }
  const call = (args: readonly string[], signal: AbortSignal) => ({
    ...program,
    args,
    env: withSecrets,
    signal,
  })

  async function run(
    args: readonly string[],
    signal: AbortSignal,
    onLine?: (line: string) => void,
  ): Promise<void> {
    check(await runProgram(call(args, signal), onLine), signal)
  }

  async function list(args: readonly string[], signal: AbortSignal): Promise<unknown> {
    const lines: string[] = []
    await run([...args, '--json'], signal, (line) => lines.push(line))
    return JSON.parse(lines.join('\n') || 'null')
  }

  return {
    async open(signal) {
      try {
        await run(['cat', 'config', '--no-lock'], signal)
      } catch (error) {
        if ((error as ProgramError).code !== 'NO_REPOSITORY') throw error
        await run(['init'], signal)
      }
    },
    backupStream({ filename, tags }, signal) {
      const args = ['backup', '--json', '--stdin', '--stdin-filename', filename, ...tagged(tags)]
      const { stdin, stdout, ended } = startProgram(call(args, signal))
      const summary = summaryOf(stdout)
      const failure = ended.then((end) => check(end, signal))
      failure.catch(() => undefined)
      return {
        stdin,
        ended,
        failure,
        async finish() {
          stdin.end()
          await failure
          return summary()
        },
      }
    },
    async backupPaths({ paths, tags }, signal, onProgress) {
      const { stdin, stdout, ended } = startProgram(
        call(['backup', '--json', ...tagged(tags), '--', ...paths], signal),
      )
      stdin.end()
      const summary = summaryOf(stdout, onProgress)
      checkEnd('restic', filesRules, await ended, signal)
      return summary()
    },
    async snapshots(signal) {
      const found = await list(['snapshots', '--no-lock'], signal)
      return ((found ?? []) as RawSnapshot[])
        .map(toSnapshot)
        .sort((a, b) => a.time.getTime() - b.time.getTime())
    },
    dump({ snapshotId, filename }, signal) {
      const { stdin, stdout, ended } = startProgram(call(['dump', snapshotId, `/${filename}`], signal))
      stdin.end()
      return { stdout, ended: ended.then((end) => check(end, signal)) }
    },
    async forget(ids, signal) {
      if (ids.length > 0) await run(['forget', ...ids], signal)
    },
    async surplus(tag, { daily, weekly, monthly }, signal) {
      const keep = ['--keep-daily', daily, '--keep-weekly', weekly, '--keep-monthly', monthly].map(String)
      const args = ['forget', '--dry-run', '--no-lock', '--tag', tag, '--group-by', '', ...keep]
      const groups = (await list(args, signal)) as { remove: RawSnapshot[] | null }[] | null
      return (groups ?? []).flatMap(({ remove }) => (remove ?? []).map(toSnapshot))
    },
    prune: (signal) => run(['prune'], signal),
    check: (signal, subset) => run(['check', ...(subset ? [`--read-data-subset=${subset}`] : [])], signal),
    unlock: (signal) => run(['unlock'], signal),
  }
}

const tagged = (tags: readonly string[]) => tags.flatMap((tag) => ['--tag', tag])

interface RawSnapshot {
  id: string
  time: string
  tags?: string[]
}

const toSnapshot = ({ id, time, tags = [] }: RawSnapshot): Snapshot => ({ id, time: new Date(time), tags })

const check = (end: { exitCode: number | null; stderr: string }, signal: AbortSignal) =>
  checkEnd('restic', resticRules, end, signal)

interface Message {
  message_type: string
  bytes_done?: number
  total_bytes?: number
  snapshot_id?: string
  total_bytes_processed?: number
  data_added?: number
}

/** Reads restic's messages; the function it gives tells what the last one said. */
function summaryOf(stdout: Readable, onProgress: (progress: BackupProgress) => void = () => undefined) {
  let summary: Message | undefined
  readLines(stdout, (line) => {
    const message = JSON.parse(line) as Message
    if (message.message_type === 'summary') summary = message
    else if (message.message_type === 'status')
      onProgress({ bytesDone: message.bytes_done ?? 0, bytesTotal: message.total_bytes })
  })
  return (): BackupSummary => {
    const { snapshot_id: snapshotId, total_bytes_processed = 0, data_added = 0 } = summary ?? {}
    if (!snapshotId) throw new Error('restic told of no snapshot')
    return { snapshotId, bytesRead: total_bytes_processed, bytesAdded: data_added }
  }
}
