import type { Api } from './api.ts'
import type { Board } from './board.ts'
import { createLead, type LeadInput } from './operations.ts'

const atOnce = 8

/** Creates the leads, a few at a time. Each has a key of its own: a repeated request brings back the first answer. */
export async function sendLeads(
  api: Api,
  board: Board,
  leads: readonly LeadInput[],
  runId: string,
): Promise<void> {
  const queue = leads.entries()
  board.sending()
  const lane = async () => {
    for (const [index, input] of queue) await sendLead(api, board, index, input, `demo-${runId}-${index + 1}`)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

async function sendLead(
  api: Api,
  board: Board,
  index: number,
  lead: LeadInput,
  idempotencyKey: string,
): Promise<void> {
  const { createLead: answer } = await api.ask(createLead, { input: { ...lead, idempotencyKey } })
  if ('job' in answer) return board.accepted(index, answer.lead, answer.job.id)
  const issues = answer.issues?.map(({ path, message }) => `${path} ${message}`) ?? []
  board.refused(index, [`${answer.code}: ${answer.message}`, ...issues].join('; '))
}
