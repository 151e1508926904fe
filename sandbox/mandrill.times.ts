/** Mandrill's times are `YYYY-MM-DD HH:MM:SS` in UTC, everywhere but in `ts` (integrations.md 4.2). */
export const timePattern = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/

export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** Milliseconds; NaN for a day or hour that does not exist. */
export function timeOf(text: string): number {
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`)
  return Number.isNaN(ms) || timeText(ms) === text ? ms : Number.NaN
}
