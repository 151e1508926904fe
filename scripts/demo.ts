// npm run demo: leads come in and are welcomed by e-mail and WhatsApp; every step is shown as it happens.
//   npm run demo -- --help   tells the options
import { runCampaignDemo } from './demo/campaign.ts'
import { runNightlyDemo } from './demo/nightly.ts'
import { help, type Options, readOptions } from './demo/options.ts'
import { createReporter, paint } from './demo/reporter.ts'
import { type Outcome, runDemo } from './demo/run.ts'
import { linksOf, summaryOf } from './demo/summary.ts'
import type { DevSystem } from './system/dev-file.ts'
import { endSystem, type UsedSystem, useSystem } from './system/shared.ts'

const stopping = new AbortController()

async function main(args: string[]): Promise<void> {
  const options = readOptions(args)
  if (options.help) return console.log(help)
  const print = process.stdout.write.bind(process.stdout)
  // Whatever is said on the way, also by those who start the system: stdout is for the result alone.
  if (options.json) process.stdout.write = process.stderr.write.bind(process.stderr)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())
  const used = await useSystem(stopping.signal)
  const stopsIt = used.isOwn && !options.keep
  try {
    if (options.campaign) return await campaigns(used.system, options, print)
    if (options.nightly) return await nightly(used.system, options, print)
    const isLive = process.stdout.isTTY && process.env.TERM !== 'dumb' && !options.json
    const outcome = await runDemo(used.system, options, createReporter(isLive), stopping.signal)
    tell(outcome, used, options)
    if (options.json) print(`${JSON.stringify(outcome.tally)}\n`)
  } finally {
    if (stopsIt) {
      console.log('\nStopping the system …')
      await endSystem()
    }
  }
}

/** @see scripts/demo/campaign.ts */
async function campaigns(system: DevSystem, { json }: Options, print: (text: string) => void): Promise<void> {
  console.log('Campaigns of both sides come in step while Mailchimp misbehaves …')
  const tally = await runCampaignDemo(system, stopping.signal)
  console.log(tally)
  if (json) print(`${JSON.stringify(tally)}\n`)
  if (!tally.statesEqual || tally.duplicateCampaigns > 0) process.exitCode = 1
}

/** @see scripts/demo/nightly.ts */
async function nightly(system: DevSystem, { json }: Options, print: (text: string) => void): Promise<void> {
  const tally = await runNightlyDemo(system, stopping.signal, console.log)
  console.log(tally)
  if (json) print(`${JSON.stringify(tally)}\n`)
  if (!tally.statsMatchFacts || !tally.backupVerified || !tally.restoredRowsEqual) process.exitCode = 1
}

function tell(outcome: Outcome, { system, isOwn }: UsedSystem, { keep }: Options): void {
  const { problems, tag } = outcome
  const stays = keep || !isOwn
  console.log(`\n${summaryOf(outcome, paint).join('\n')}\n`)
  console.log(stays ? linksOf(system, tag).join('\n') : lookAround)
  if (problems.length === 0) return
  process.exitCode = 1
  console.error(
    `\nNot everything went as it should:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  )
  console.error(stays ? whereToLook : 'Run it again with --keep to look into it. Logs: .data/pm2/logs')
}

const lookAround =
  'To look around: npm start, and npm run demo again in another terminal. Or: npm run demo -- --keep'
const whereToLook = `A job in GraphiQL: { job(id: "…") { state error { message } attemptHistory { number errorMessage } } }
Logs: npm run pm2 -- logs`

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(stopping.signal.aborted ? '\nStopped.' : `\n${error.message}`)
  process.exitCode = stopping.signal.aborted ? 130 : 1
})
