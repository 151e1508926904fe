import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DevSystem } from '../system/dev-file.ts'
import { type Api, openApi } from './api.ts'
import { type Board, createBoard } from './board.ts'
import { addFaults, type Hits } from './faults.ts'
import { followJobs } from './follow.ts'
import { isFinal } from './job-view.ts'
import { leadsOf, readRows, tagOf } from './leads.ts'
import { jobs, type LeadInput, leads as leadsDocument } from './operations.ts'
import type { Reporter } from './reporter.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { sendLeads } from './send.ts'
import { duplicatesOf, problemsOf, type Tally, tallyOf } from './tally.ts'

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

interface Work {
  board: Board
  leads: LeadInput[]
  runId: string
  signal: AbortSignal
  onDrop: () => void
}

/** Steps 3 to 5. */
async function welcome(system: DevSystem, { board, leads, runId, signal, onDrop }: Work): Promise<void> {
  const over = new AbortController()
  const common = { key: system.keys.operator, correlationId: tagOf(runId) }
  const api = openApi({ ...common, url: system.apiUrl, signal })
  const following = followJobs({
    ...common,
    url: system.wsUrl,
    signal: AbortSignal.any([signal, over.signal]),
    onMessage: board.event,
    onDrop,
  })
  const work = async () => {
    await following.started
    await sendLeads(api, board, leads, runId)
    await untilDone(api, board, common.correlationId, signal)
    await untilSettled(api, board, runId, signal)
  }
  try {
    await Promise.race([work(), following.ended])
    signal.throwIfAborted()
  } finally {
    over.abort()
  }
}

const lookMs = 50
/** So long after the last event, or after a retry was due, nothing more is expected to come. */
const patienceMs = 90_000

/** Waits until every job has ended. */
async function untilDone(api: Api, board: Board, correlationId: string, signal: AbortSignal): Promise<void> {
  while (!board.isDone()) {
    const isSilent = performance.now() > expectedAt(board) + patienceMs
    if (isSilent || board.isIncomplete) board.rows(await api.all(jobs, { correlationId }))
    if (isSilent) return
    await sleep(lookMs, undefined, { signal })
  }
}

function expectedAt(board: Board): number {
  const open = board.lines.flatMap(({ job }) => (job && !isFinal(job) && job.nextAt ? [job.nextAt] : []))
  return Math.max(board.heardAt, ...open.map((at) => at.getTime() - performance.timeOrigin))
}

const settleMs = 60_000
const askMs = 500

/** Waits for vendors' reports on messages whose answer was lost. */
async function untilSettled(api: Api, board: Board, runId: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + settleMs
  while (true) {
    const rows = await api.all(leadsDocument, { tag: tagOf(runId) })
    for (const { id, messages } of rows) board.messages(id, messages)
    const isSettled = rows.every(({ messages }) => messages.every(({ state }) => !open.includes(state)))
    if (isSettled || performance.now() > end) return
    await sleep(askMs, undefined, { signal })
  }
}

const open = ['CLAIMED', 'UNKNOWN']
