import { setTimeout as sleep } from 'node:timers/promises'
import type { DevSystem } from '../system/dev-file.ts'
import { type Api, openApi } from './api.ts'
import type { Board } from './board.ts'
import { followJobs } from './follow.ts'
import { tagOf } from './leads.ts'
import { jobs, type LeadInput, leads as leadsDocument } from './operations.ts'
import { sendLeads } from './send.ts'

export interface Work {
  board: Board
  leads: LeadInput[]
  runId: string
  signal: AbortSignal
  onDrop: () => void
}

/** Steps 3 to 5 of a run: subscribe, create the leads, follow their jobs and messages to the end. */
export async function welcome(
  system: DevSystem,
  { board, leads, runId, signal, onDrop }: Work,
): Promise<void> {
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
/** Nothing more is expected when no job has got on for so long. */
const patienceMs = 180_000

/** Waits until every job has ended. */
async function untilDone(api: Api, board: Board, correlationId: string, signal: AbortSignal): Promise<void> {
  while (!board.isDone()) {
    const isStuck = performance.now() > board.movedAt + patienceMs
    if (isStuck || board.isIncomplete) board.rows(await api.all(jobs, { correlationId }))
    if (isStuck) return
    await sleep(lookMs, undefined, { signal })
  }
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
