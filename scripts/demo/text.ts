/** Text in columns of a terminal: letters of some scripts and most emoji take two. */

const segments = new Intl.Segmenter()
const wide =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u
/** Marks that stand on the letter before them. */
const none = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

const widthOfSegment = (segment: string) => (none.test(segment) ? 0 : wide.test(segment) ? 2 : 1)

/** How many columns a text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segments.segment(text)) width += widthOfSegment(segment)
  return width
}

/** Cuts a text to `columns`, with … where something is missing. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let clipped = ''
  let width = 0
  for (const { segment } of segments.segment(text)) {
    width += widthOfSegment(segment)
    if (width >= columns) break
    clipped += segment
  }
  return columns > 0 ? `${clipped}…` : ''
}

/** Cuts or fills a text to exactly `columns`. */
export function pad(text: string, columns: number): string {
  const clipped = clip(text, columns)
  return clipped + ' '.repeat(Math.max(0, columns - widthOf(clipped)))
}
