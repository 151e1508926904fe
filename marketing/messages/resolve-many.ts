import type { Em } from '../../entities/index.ts'
import type { Channel } from '../../entities/message.ts'
import { marks } from '../../entities/sql.ts'
import { type InputIssue, InvalidInputError, NotFoundError } from '../../ledger/errors.ts'
import type { Actor, Ledger } from '../../ledger/ledger.ts'
import { type MessageOutcome, MessageSettledError, resolveMessage } from './resolve.ts'
import { unknownAt } from './unknown.ts'

/** Which unknown messages; every condition given must hold. */
interface UnknownFilter {
  channels?: readonly Channel[] | null | undefined
  /** Codes, as `unknownMessages` shows them. */
  reasons?: readonly string[] | null | undefined
  purposes?: readonly string[] | null | undefined
  claimedBefore?: Date | null | undefined
}

/** What is to be resolved: these messages, or those that a filter finds; never both. */
export interface ManyInput {
  ids?: readonly string[] | null | undefined
  filter?: UnknownFilter | null | undefined
  outcome: MessageOutcome
  reason?: string | null | undefined
  limit?: number | null | undefined
}

export interface ManyResolved {
  resolvedCount: number
  /** Messages that were asked for by id and are not unknown, or not there. */
  unchangedCount: number
  /** Messages that the filter still finds. */
  remainingCount: number
}

/** Messages of one call. */
const most = 500
/** Messages of one transaction: it holds the rows of their leads until it ends. */
const chunkSize = 20

/**
 * Says what became of many messages of which nobody knows it, oldest first. Each is decided and audited by itself; one that
 * is known by now is left as it is, so a call that broke off is simply made again.
 * @throws InvalidInputError
 */
export async function resolveMessages(
  ledger: Ledger,
  em: Em,
  actor: Actor,
  input: ManyInput,
): Promise<ManyResolved> {
  const limit = checked(input)
  const { ids, filter, outcome, reason } = input
  const found = ids ? [...new Set(ids)] : await findUnknown(em, actor.workspaceId, filter!, limit)
  let resolvedCount = 0
  for (let start = 0; start < found.length; start += chunkSize) {
    const chunk = found.slice(start, start + chunkSize)
    resolvedCount += await ledger.transaction(async (within) => {
      let done = 0
      for (const id of chunk) done += Number(await resolveOne(within, ledger, actor, { id, outcome, reason }))
      return done
    })
  }
  const remainingCount = ids ? 0 : await countFound(em, actor.workspaceId, filter!)
  return { resolvedCount, unchangedCount: ids ? found.length - resolvedCount : 0, remainingCount }
}

function checked({ ids, filter, limit }: ManyInput): number {
  const issues: InputIssue[] = []
  if (Boolean(ids) === Boolean(filter))
    issues.push({ path: 'ids', message: 'expected either ids or a filter' })
  if (ids && ids.length > most) issues.push({ path: 'ids', message: `expected at most ${most}` })
  const size = limit ?? most
  if (size < 1 || size > most) issues.push({ path: 'limit', message: `expected 1 to ${most}` })
  if (issues.length > 0) throw new InvalidInputError(issues)
  return size
}

/** @returns false when there is nothing to resolve */
async function resolveOne(
  em: Em,
  ledger: Ledger,
  actor: Actor,
  word: Parameters<typeof resolveMessage>[3],
): Promise<boolean> {
  try {
    await resolveMessage(em, ledger, actor, word)
    return true
  } catch (error) {
    if (error instanceof MessageSettledError || error instanceof NotFoundError) return false
    throw error
  }
}

async function findUnknown(
  em: Em,
  workspaceId: string,
  filter: UnknownFilter,
  limit: number,
): Promise<string[]> {
  const [where, values] = conditionsOf(workspaceId, filter)
  const rows = await em.execute<{ id: string }[]>(
    `select id from message where ${where} order by id limit ${limit}`,
    values,
  )
  return rows.map(({ id }) => id)
}

async function countFound(em: Em, workspaceId: string, filter: UnknownFilter): Promise<number> {
  const [where, values] = conditionsOf(workspaceId, filter)
  const [row] = await em.execute<{ n: number }[]>(`select count(*) as n from message where ${where}`, values)
  return Number(row!.n)
}

function conditionsOf(workspaceId: string, filter: UnknownFilter): [where: string, values: unknown[]] {
  const [unknown, before] = unknownAt(new Date())
  const { channels, reasons, purposes, claimedBefore } = filter
  const among = (what: string, values: readonly string[] | null | undefined): [string, unknown[]][] =>
    values ? [[values.length > 0 ? `${what} in ${marks(values)}` : 'false', [...values]]] : []
  const parts: [string, unknown[]][] = [
    ['workspace_id = ?', [workspaceId]],
    [unknown, [before]],
    ...among('channel', channels),
    ...among("coalesce(reason, 'WORKER_LOST')", reasons),
    ...among('purpose', purposes),
    ...(claimedBefore ? ([['claimed_at < ?', [claimedBefore]]] as [string, unknown[]][]) : []),
  ]
  return [parts.map(([condition]) => condition).join(' and '), parts.flatMap(([, values]) => values)]
}
