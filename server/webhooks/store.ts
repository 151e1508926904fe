import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import { requireDefinition } from '../../ledger/definition.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { keepReceipts, noteForeign } from '../../marketing/webhooks/receipts.ts'
import type { ReportedEvent } from '../../marketing/webhooks/split.ts'

/** The job that applies a receipt. */
const webhookReceive = 'webhook.receive'

/**
 * Keeps the events of one request and hands each that is new to a job, all in one transaction. When this returns, nothing
 * of it can be lost; when it throws, nothing of it was kept. Events about another account are only noted.
 * @returns how many are new
 */
export async function storeEvents(
  ledger: Ledger,
  about: { workspaceId: string; vendor: WebhookVendor; correlationId: string },
  { ours, foreign }: { ours: readonly ReportedEvent[]; foreign: readonly ReportedEvent[] },
): Promise<number> {
  if (ours.length + foreign.length === 0) return 0
  const definition = requireDefinition(ledger.definitions, webhookReceive)
  const { workspaceId, vendor, correlationId } = about
  return ledger.transaction(async (em) => {
    await noteForeign(em, { workspaceId, vendor }, foreign)
    const ids = await keepReceipts(em, { workspaceId, vendor }, ours)
    const actor = { workspaceId, correlationId }
    const outcomes = await ledger.enqueueIn(
      em,
      ids.map((receiptId) => ({ definition, input: { receiptId }, actor, idempotencyKey: receiptId })),
    )
    for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
    return ids.length
  })
}
