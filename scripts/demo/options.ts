import { parseArgs } from 'node:util'

export interface Options {
  count: number
  json: boolean
  faults: boolean
  campaign: boolean
  nightly: boolean
  keep: boolean
  help: boolean
}

const maxCount = 10_000

export const help = `npm run demo [-- options]   leads come in and are welcomed; every step is shown as it happens

  --count N   so many leads (1 to ${maxCount}; default 25)
  --faults    the vendors fail now and then, or do their work and lose the answer: nothing is lost or sent twice
  --campaign  campaigns of both sides come in step with Mailchimp instead, while it misbehaves
  --nightly   a month of facts is rolled up, backed up, verified and restored into a second database instead
  --keep      leaves the system running if this command started it
  --json      the last line on stdout is the result as JSON; everything else goes to stderr
  --help      this text

It uses the running system (npm start), else it starts one and stops it again. It ends with 0 only if
everything came out as it should: every lead's job completed and nothing sent twice, both sides equal, numbers and
restored rows equal to what they came from.`

const flag = { type: 'boolean', default: false } as const
const known = {
  count: { type: 'string', default: '25' },
  json: flag,
  faults: flag,
  campaign: flag,
  nightly: flag,
  keep: flag,
  help: flag,
} as const

/** Reads the command line. @throws when an option is unknown or its value is not usable */
export function readOptions(args: string[]): Options {
  const values = parse(args)
  const count = Number(values.count)
  if (!Number.isInteger(count) || count < 1 || count > maxCount)
    throw new Error(`--count is a whole number from 1 to ${maxCount}, not "${values.count}"`)
  return { ...values, count }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: known }).values
  } catch (error) {
    throw new Error(`${(error as Error).message}. See npm run demo -- --help`)
  }
}
