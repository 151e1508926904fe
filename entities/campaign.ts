import { defineEntity, p } from '@mikro-orm/core'
import { id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** A campaign a lead can come from and a job can belong to. */
const CampaignSchema = defineEntity({
  name: 'Campaign',
  tableName: 'campaign',
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id'),
    name: p.string().length(200),
    createdAt: time(),
  },
})

export class Campaign extends CampaignSchema.class {}
CampaignSchema.setClass(Campaign)
