/** The results of a batch as Mailchimp hands them out: JSON files in a gzipped tar (integrations.md 3.6). */
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'

export type Result = { status_code: number; operation_id: string; response: string }

const RESULTS_PER_FILE = 200

/** Packs the results, in no particular order, into files of some hundred. */
export async function archiveOf(id: string, results: Result[]): Promise<Buffer> {
  const mixed = results.map((result, index) => ({ result, key: (index * 7919 + 3) % (results.length || 1) }))
  mixed.sort((a, b) => b.key - a.key)
  const archive = pack()
  archive.entry({ name: `${id}/`, type: 'directory' })
  for (let start = 0; start === 0 || start < mixed.length; start += RESULTS_PER_FILE) {
    const some = mixed.slice(start, start + RESULTS_PER_FILE).map(({ result }) => result)
    archive.entry({ name: `${id}/${start / RESULTS_PER_FILE}.json` }, JSON.stringify(some))
  }
  archive.finalize()
  return buffer(archive.pipe(createGzip()))
}
