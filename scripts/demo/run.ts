import { randomBytes } from 'node:crypto'
import type { DevSystem } from '../system/dev-file.ts'
import { type Board, createBoard } from './board.ts'
import { addFaults, type Hits } from './faults.ts'
import { leadsOf, readRows, tagOf } from './leads.ts'
import type { Reporter } from './reporter.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { duplicatesOf, problemsOf, type Tally, tallyOf } from './tally.ts'
import { welcome } from './welcome.ts'

export interface Outcome {
  board: Board
  tag: string
  tally: Tally
  problems: string[]
  /** How often each kind of fault struck, if they were asked for. */
  hits: Hits | undefined
  /** How often the socket was lost. */
  drops: number
}

interface Wanted {
  count: number
  faults: boolean
}

/**
 * One run. 1. Choose leads that nobody has seen before. 2. Ask the sandbox for faults, if wanted. 3. Subscribe to the
 * jobs of this run. 4. Create the leads and follow their jobs to the end. 5. Wait until it is known of each message
 * whether it was sent. 6. Take the faults back and ask the sandbox who got something twice.
 */
export async function runDemo(
  system: DevSystem,
  { count, faults }: Wanted,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Outcome> {
  const sandbox = openSandbox(system.sandboxUrl)
  const runId = randomBytes(4).toString('hex')
  const leads = leadsOf(readRows(), count, { id: runId, taken: await recipients(sandbox) })
  const board = createBoard(leads)
  const removeFaults = faults ? await addFaults(sandbox, count) : undefined
  let drops = 0
  let hits: Hits | undefined
  try {
    const title = `${count} leads, run ${runId}${faults ? ', with faults at all four vendors' : ''}`
    reporter.start(board, title)
    await welcome(system, { board, leads, runId, signal, onDrop: () => drops++ })
  } finally {
    reporter.stop()
    hits = await removeFaults?.()
  }
  const duplicates = duplicatesOf(board, await sandbox.sends())
  const tally = tallyOf(board, duplicates)
  return { board, tag: tagOf(runId), tally, problems: problemsOf(board, duplicates), hits, drops }
}

async function recipients(sandbox: Sandbox): Promise<string[]> {
  const { sends } = await sandbox.sends()
  return sends.map(({ recipient }) => recipient)
}
