// The results of a batch: a gzipped tar of JSON files, one or more operations each. One file at a time is in memory,
// and of a result only what tells how it ended is kept.

import { PassThrough } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { z } from 'zod'
import type { BatchResult } from './verbs.ts'

/** Of one file, unpacked. */
const MAX_FILE_BYTES = 32 * 1024 * 1024
/** Titles are short words; anything else may be somebody's data. */
const TITLE = /^[A-Za-z0-9_ ]{1,60}$/

const File = z.array(
  z.object({
    status_code: z.number(),
    operation_id: z
      .string()
      .nullish()
      .transform((id) => id ?? ''),
    response: z.unknown(),
  }),
)

/** Reads the archive's bytes. @throws when they are no such archive, or one of the files is huge */
export async function readResults(archive: Buffer): Promise<BatchResult[]> {
  if (archive.length === 0) throw new Error('the archive is empty')
  const results: BatchResult[] = []
  const files = extract()
  const unpacked = isGzip(archive) ? createGunzip() : new PassThrough()
  unpacked.on('error', (error) => files.destroy(error))
  unpacked.pipe(files)
  unpacked.end(archive)
  try {
    for await (const file of files) {
      if (file.header.size > MAX_FILE_BYTES) throw new Error('a file of the archive is too large')
      const bytes: Uint8Array[] = []
      for await (const chunk of file) bytes.push(chunk as Uint8Array)
      if (file.header.type === 'file') results.push(...resultsOf(Buffer.concat(bytes)))
    }
    return results
  } finally {
    unpacked.destroy()
  }
}

/** A storage service that names gzip as the transport's encoding has its file unpacked on the way. */
function isGzip(archive: Buffer): boolean {
  return archive[0] === 0x1f && archive[1] === 0x8b
}

function resultsOf(bytes: Buffer): BatchResult[] {
  return File.parse(JSON.parse(bytes.toString('utf8'))).map(({ status_code, operation_id, response }) => ({
    operationId: operation_id,
    status: status_code,
    problem: status_code < 300 ? undefined : titleOf(response, status_code),
  }))
}

/** The answer of an operation is JSON in a string; a proxy's may be anything. */
function titleOf(response: unknown, status: number): string {
  try {
    const { title } = JSON.parse(String(response)) as { title?: unknown }
    return TITLE.test(String(title)) && title ? String(title) : `HTTP_${status}`
  } catch {
    return `HTTP_${status}`
  }
}
