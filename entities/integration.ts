import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** The vendors a workspace can have an account at. */
export const vendors = ['mailchimp', 'mandrill', 'smtp', 'whatsapp', 'hubspot', 'twenty'] as const
export type Vendor = (typeof vendors)[number]

const forcedStates = ['OPEN', 'CLOSED'] as const
export type ForcedState = (typeof forcedStates)[number]

/**
 * A workspace's account at a vendor. The default workspace takes its accounts from the environment; its rows hold what
 * operators decided about them.
 */
const IntegrationSchema = defineEntity({
  name: 'Integration',
  tableName: 'integration',
  uniques: [{ name: 'integration_vendor', properties: ['workspaceId', 'vendor'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    vendor: code(16).$type<Vendor>(),
    /** What is no secret: base URL, audience, sender, … */
    settings: p.json().$type<Record<string, string>>(),
    /** Credentials as encrypted JSON (runtime/secrets.ts); null: none of its own. */
    credentials: p.text().nullable(),
    /** The access token of an OAuth account, encrypted in the same way. */
    token: p.text().nullable(),
    /** An operator's word: calls are stopped (OPEN) or let through (CLOSED) whatever the breaker finds. */
    forced: code(8).$type<ForcedState>().nullable(),
    createdAt: time(),
    updatedAt: time(),
  },
})

export class Integration extends IntegrationSchema.class {}
IntegrationSchema.setClass(Integration)
