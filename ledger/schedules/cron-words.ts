import cronstrue from 'cronstrue'
import { checkCron } from './cron-syntax.ts'

/**
 * An expression in English words, e.g. "At 17 minutes past the hour".
 * @throws InvalidInputError
 */
export function cronInWords(expression: string): string {
  return cronstrue.toString(checkCron(expression), { use24HourTimeFormat: true })
}
