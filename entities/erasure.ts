import { defineEntity, p } from '@mikro-orm/core'
import { id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** A tombstone: this lead was erased and must stay so, also in a database restored from an older backup. */
const ErasureSchema = defineEntity({
  name: 'Erasure',
  tableName: 'erasure',
  indexes: [{ name: 'erasure_page', properties: ['workspaceId', 'id'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    leadId: id().unique('erasure_lead'),
    at: time(),
  },
})

export class Erasure extends ErasureSchema.class {}
ErasureSchema.setClass(Erasure)
