/** Reads the texts people type: a name must not end a header, a line of CSV or a string in C. */

export type ReadText = { value: string | null; problem?: string }

/**
 * Checks a text of one line, trimmed; an empty one is null.
 * @param max the most characters
 */
export function readLine(raw: string | null | undefined, max: number): ReadText {
  const value = raw?.trim() ?? ''
  if (value.length > max) return { value: null, problem: `is longer than ${max} characters` }
  if (/\p{Cc}/u.test(value)) return { value: null, problem: 'has a line break or another control character' }
  return { value: value || null }
}

/** Whether a text of several lines has a character that is neither text nor a line break or tab. */
export function hasControlCharacters(text: string): boolean {
  return /(?![\t\n\r])\p{Cc}/u.test(text)
}
