import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'

/** One client of the agency; every lead, job, key and statistic belongs to one. */
const WorkspaceSchema = defineEntity({
  name: 'Workspace',
  tableName: 'workspace',
  properties: {
    id: id().primary(),
    slug: code(64).unique('workspace_slug'),
    name: p.string().length(120),
    timeZone: code(64),
    createdAt: time(),
  },
})

export class Workspace extends WorkspaceSchema.class {}
WorkspaceSchema.setClass(Workspace)
