import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import type { Channel } from './message.ts'
import { Workspace } from './workspace.ts'

export const suppressionReasons = [
  'UNSUBSCRIBED',
  'HARD_BOUNCE',
  'COMPLAINT',
  'STOP_WORD',
  'UNREACHABLE',
  'OPERATOR',
] as const
export type SuppressionReason = (typeof suppressionReasons)[number]

/** An address nothing is sent to any more, whoever it belongs to. */
const SuppressionSchema = defineEntity({
  name: 'Suppression',
  tableName: 'suppression',
  uniques: [{ name: 'suppression_address', properties: ['workspaceId', 'channel', 'address'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    channel: code(16).$type<Channel>(),
    /** Lower-cased e-mail address, or phone number in E.164. */
    address: p.string().length(254),
    reason: code(16).$type<SuppressionReason>(),
    /** The vendor that reported it, or `operator`. */
    source: code(16),
    at: time(),
  },
})

export class Suppression extends SuppressionSchema.class {}
SuppressionSchema.setClass(Suppression)
