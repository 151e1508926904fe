/**
 * Classes of durations: four to each doubling, so that few numbers hold any spread of times. A class begins some 19 % above
 * the one before it.
 */

/** SQL for the class of a number of milliseconds. */
export const classOf = (ms: string) => `floor(4 * log2(greatest(${ms}, 0) + 1))`

/** The longest duration of a class in whole ms. */
const upperMs = (bucket: number) => Math.ceil(2 ** ((bucket + 1) / 4) - 1) - 1

/** How many durations fell into a class. */
export interface Bucket {
  bucket: number
  count: number
}

/**
 * The duration in ms that a share of all does not exceed: the upper bound of its class, so at most 19 % too long and never
 * too short.
 * @param buckets in any order
 * @param share 0 to 1
 * @returns undefined when nothing was measured
 */
export function percentile(buckets: readonly Bucket[], share: number): number | undefined {
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  let left = Math.max(1, Math.ceil(total * share))
  for (const { bucket, count } of buckets.toSorted((a, b) => a.bucket - b.bucket)) {
    left -= count
    if (left <= 0) return upperMs(bucket)
  }
  return undefined
}
