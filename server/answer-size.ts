/** What a value takes at least in JSON besides its text: quotes, comma, brackets. */
const punctuation = 3

/**
 * Whether a value takes more than so many bytes as JSON. It is looked at piece by piece and no further than needed, as an
 * answer may hold one long text a hundred times, which costs nothing before it is written.
 */
export function isLargerThan(value: unknown, maxBytes: number): boolean {
  let left = maxBytes

  function count(each: unknown): boolean {
    if (typeof each === 'string') left -= each.length + punctuation
    else if (typeof each !== 'object' || each === null) left -= 4
    else if (Array.isArray(each)) return each.every(count) && pay(punctuation)
    else if (each instanceof Date) left -= 26
    else
      for (const key in each) {
        left -= key.length + punctuation
        if (!count((each as Record<string, unknown>)[key])) return false
      }
    return left >= 0
  }

  function pay(bytes: number): boolean {
    left -= bytes
    return left >= 0
  }

  return !count(value)
}
