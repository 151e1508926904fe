import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** Who tells us things by webhook. */
export const webhookVendors = ['mailchimp', 'mandrill', 'whatsapp', 'hubspot', 'twenty'] as const
export type WebhookVendor = (typeof webhookVendors)[number]

/** RECEIVED: stored, its job is to come. APPLIED: its effects are committed. IGNORED: nothing in it concerns us. FAILED: see its job. FOREIGN: about another account; its text was not kept. */
export type ReceiptState = 'RECEIVED' | 'APPLIED' | 'IGNORED' | 'FAILED' | 'FOREIGN'

/** One event of a webhook whose signature was right. The key makes a replay the same receipt. */
const WebhookReceiptSchema = defineEntity({
  name: 'WebhookReceipt',
  tableName: 'webhook_receipt',
  uniques: [{ name: 'webhook_receipt_once', properties: ['vendor', 'dedupeKey'] }],
  indexes: [
    { name: 'webhook_receipt_page', properties: ['workspaceId', 'id'] },
    { name: 'webhook_receipt_age', properties: ['receivedAt'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    vendor: code(16).$type<WebhookVendor>(),
    /** SHA-256 of the workspace and of what makes it one event, in hex. */
    dedupeKey: code(64),
    /** What the vendor said about this one event, as JSON or form. Personal data: it never leaves MariaDB and is deleted with the receipt. */
    body: p.text().columnType('mediumtext'),
    state: code(16).$type<ReceiptState>(),
    receivedAt: time(),
    appliedAt: time().nullable(),
  },
})

export class WebhookReceipt extends WebhookReceiptSchema.class {}
WebhookReceiptSchema.setClass(WebhookReceipt)
