import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import type { Channel } from './message.ts'
import { Workspace } from './workspace.ts'

export type SuppressionReason =
  | 'UNSUBSCRIBED'
  | 'HARD_BOUNCE'
  | 'COMPLAINT'
  | 'STOP_WORD'
  | 'UNREACHABLE'
  | 'OPERATOR'
  | 'ERASED'

/**
 * Why nothing is sent to an address, whoever it belongs to; one row per reason, so that taking one back does not take
 * back the others. An address is suppressed while any of its rows has no `liftedAt`. A row that was lifted stays: it
 * tells an older report that comes late from a new one.
 */
const SuppressionSchema = defineEntity({
  name: 'Suppression',
  tableName: 'suppression',
  uniques: [{ name: 'suppression_address', properties: ['workspaceId', 'channel', 'address', 'reason'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    channel: code(16).$type<Channel>(),
    /**
     * Lower-cased e-mail address, phone number in E.164, or the business-scoped user id of somebody without a phone number; of
     * somebody who was erased, its hash (marketing/suppressed-address.ts).
     */
    address: p.string().length(254),
    reason: code(16).$type<SuppressionReason>(),
    /** The vendor that reported it, `operator`, or `erasure`. */
    source: code(16),
    /** When it was said last, by the clock of who said it. */
    at: time(),
    /** When it was taken back; null while it holds. */
    liftedAt: time().nullable(),
  },
})

export class Suppression extends SuppressionSchema.class {}
SuppressionSchema.setClass(Suppression)
