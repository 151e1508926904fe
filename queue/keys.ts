/** Keys of one queue share a hash tag, so a Redis Cluster keeps them together and spreads the queues. */
export function queuePrefix(prefix: string, name: string): string {
  return `{${prefix}:${name}}`
}

/** The event stream of a queue. */
export function streamKey(prefix: string, name: string): string {
  return `${queuePrefix(prefix, name)}:${name}:events`
}

/** Names the stream: a new one, after Redis was emptied, gets another name. Beside the stream, so both are lost together. */
export function epochKey(prefix: string, name: string): string {
  return `${queuePrefix(prefix, name)}:${name}:epoch`
}

/** What BullMQ remembers of a queue as a whole. */
export function metaKey(prefix: string, name: string): string {
  return `${queuePrefix(prefix, name)}:${name}:meta`
}

/** Channel on which workers are asked to stop a running job. */
export function cancelChannel(prefix: string): string {
  return `${prefix}:cancel`
}

/**
 * BullMQ's id of a job's run: the row's id for the first run, `<id>-<run>` for later ones, so that what is left of an
 * earlier run can neither block nor disturb the next.
 */
export function bullId(jobId: string, run: number): string {
  return run === 1 ? jobId : `${jobId}-${run}`
}

/** Undoes `bullId`. */
export function parseBullId(id: string): { jobId: string; run: number } {
  const [jobId = id, run] = id.split('-')
  return { jobId, run: run ? Number(run) : 1 }
}

/** Stream ids in a form that sorts as text: 15 digits of ms, 6 of sequence. */
export function sortableId(streamId: string): string {
  const [ms = '0', seq = '0'] = streamId.split('-')
  return `${ms.padStart(15, '0')}-${seq.padStart(6, '0')}`
}

/** Undoes `sortableId`. */
export function plainId(sortable: string): string {
  const [ms = '0', seq = '0'] = sortable.split('-')
  return `${Number(ms)}-${Number(seq)}`
}

/** Before every entry of a stream. */
export const beginning = sortableId('0-0')
