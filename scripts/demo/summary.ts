import type { DevSystem } from '../system/dev-file.ts'
import type { Paint } from './display.ts'
import type { Hits } from './faults.ts'
import type { Step } from './operations.ts'
import type { Outcome } from './run.ts'

/** What a run came to, for people. */
export function summaryOf(outcome: Outcome, paint: Paint): string[] {
  const { board, tally, hits, drops } = outcome
  const { leads, completed, elapsedMs, duplicateSends, gaps } = tally
  const count = (step: Step, result: string) =>
    board.lines.filter(({ job }) => job?.steps[step] === result).length
  const sent = (step: Step) => `${count(step, 'ACCEPTED')} sent, ${count(step, 'SKIPPED')} not to be sent`
  const tries = Math.max(...board.lines.map(({ job }) => job?.attempt ?? 0))
  const rows: [string, string][] = [
    ['Jobs', `${completed} of ${leads} completed in ${(elapsedMs / 1_000).toFixed(1)} s${more(tries)}`],
    ['E-mails', `${sent('welcome-email')} (no address, or no consent)`],
    ['WhatsApp', `${sent('welcome-whatsapp')} (no number, or no consent)`],
    ['Sent twice', duplicateSends === 0 ? 'nothing' : String(duplicateSends)],
    ['Live', `${board.events} events, ${gaps} gaps${drops > 0 ? `, the socket dropped ${drops} times` : ''}`],
    ...(hits ? [['Faults', describeHits(hits)] as [string, string]] : []),
  ]
  return rows.map(([name, text]) => `  ${paint('bold', name.padEnd(11))} ${text}`)
}

const more = (tries: number) => (tries > 1 ? `, the slowest at try ${tries}` : '')

const describeHits = (hits: Hits) =>
  Object.entries(hits)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ')

/** Where to look next. */
export function linksOf({ graphiqlUrl, sandboxUrl, keys }: DevSystem, tag: string): string[] {
  const query = `{ leads(filter: { tag: "${tag}" }) { nodes { firstName status messages { channel state delivery } } } }`
  return [
    'Look next:',
    `  GraphiQL    ${graphiqlUrl}#key=${keys.operator}`,
    `              ${query}`,
    `  Sandbox     ${sandboxUrl}/_sandbox   (what the vendors received)`,
    '  Faults      npm run demo -- --faults',
  ]
}
