import { isTimeZone } from '../../entities/time-zone.ts'
import { InvalidInputError } from '../errors.ts'

/** What is refused before anything tries to understand it, so that no text can keep a parser busy. */

const maxLength = 100
const nicknames = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually']

/** What a cron expression looks like, for error texts. */
export const fieldsText =
  'Expected five fields: minute (0-59), hour (0-23), day of month (1-31 or L), month (1-12 or JAN-DEC), ' +
  `weekday (0-7 or SUN-SAT), each with * , - / as in cron; or one of ${nicknames.join(' ')}`

/**
 * Checks the length, the characters and the number of fields of an expression.
 * @returns it with single spaces, as it is kept
 * @throws InvalidInputError with the path `cron`
 */
export function checkCron(expression: string): string {
  if (expression.length > maxLength)
    throw refused(`has ${expression.length} characters; at most ${maxLength} are allowed`)
  const text = expression.trim().replace(/[ \t]+/g, ' ')
  if (nicknames.includes(text)) return text
  if (!/^[0-9A-Za-z*,\-/# ]*$/.test(text))
    throw refused(`holds characters that have no meaning. ${fieldsText}`)
  const { length } = text.split(' ').filter(Boolean)
  if (length !== 5) throw refused(`has ${length} fields. ${fieldsText}`)
  if (/W/i.test(text.replace(/WED/gi, ''))) throw refused(`holds W, which is not known here. ${fieldsText}`)
  return text
}

/**
 * Checks that a time zone is one of the IANA database.
 * @throws InvalidInputError with the path `timeZone`
 */
export function checkTimeZone(timeZone: string): void {
  if (isTimeZone(timeZone)) return
  throw new InvalidInputError([
    { path: 'timeZone', message: 'is not known. Expected a name of the IANA database, e.g. Europe/Berlin' },
  ])
}

const refused = (message: string) => new InvalidInputError([{ path: 'cron', message }])
