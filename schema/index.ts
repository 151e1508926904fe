import type { GraphQLSchema } from 'graphql'
import { printSchema } from 'graphql'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import { accessErrorTypes } from '../resolvers/access-errors.ts'
import { apiKeyActions } from '../resolvers/api-key-actions.ts'
import { apiKeyQueries } from '../resolvers/api-keys.ts'
import { audienceDifferences } from '../resolvers/audience-differences.ts'
import { auditLog } from '../resolvers/audit-log.ts'
import { backupActions } from '../resolvers/backup-actions.ts'
import { backupQueries } from '../resolvers/backups.ts'
import { campaignChanges } from '../resolvers/campaign-changes.ts'
import { campaignErrorTypes } from '../resolvers/campaign-errors.ts'
import { campaignEvents } from '../resolvers/campaign-events.ts'
import { campaignSyncMutations, campaignSyncQueries } from '../resolvers/campaign-syncs.ts'
import { campaignQueries } from '../resolvers/campaigns.ts'
import { consentHistory } from '../resolvers/consent-history.ts'
import { conversations } from '../resolvers/conversations.ts'
import { enqueueMutations } from '../resolvers/enqueue.ts'
import { errorTypes } from '../resolvers/errors.ts'
import { integrationActions, integrationQueries } from '../resolvers/integrations.ts'
import { jobActions } from '../resolvers/job-actions.ts'
import { jobSubscriptions } from '../resolvers/job-events.ts'
import { jobStatsQuery } from '../resolvers/job-stats.ts'
import { jobQueries } from '../resolvers/jobs.ts'
import { leadChanges } from '../resolvers/lead-changes.ts'
import { leadCreation } from '../resolvers/lead-creation.ts'
import { leadErasure } from '../resolvers/lead-erasure.ts'
import { leadInputFields } from '../resolvers/lead-input.ts'
import { leadTimeline } from '../resolvers/lead-timeline.ts'
import { leadQueries } from '../resolvers/leads.ts'
import { messageActions } from '../resolvers/message-actions.ts'
import { messageQueries } from '../resolvers/messages.ts'
import { nodeQueries } from '../resolvers/node.ts'
import { scheduleActions } from '../resolvers/schedule-actions.ts'
import { scheduleQueries } from '../resolvers/schedules.ts'
import { statQueries } from '../resolvers/stats.ts'
import { statsRebuildMutations } from '../resolvers/stats-rebuild.ts'
import { suppressionActions } from '../resolvers/suppression-actions.ts'
import { suppressionQueries } from '../resolvers/suppressions.ts'
import { unknownMessages } from '../resolvers/unknown-messages.ts'
import { webhookReceipts } from '../resolvers/webhook-receipts.ts'
import { whatsappTemplateQueries } from '../resolvers/whatsapp-templates.ts'
import { workspaces } from '../resolvers/workspaces.ts'
import { type Api, createApi } from './api.ts'
import { apiKeyType } from './api-key.ts'
import { auditEntryType } from './audit-entry.ts'
import { backupTypes } from './backup.ts'
import { campaignTypes } from './campaign.ts'
import { campaignSyncTypes } from './campaign-sync.ts'
import { consentEventType } from './consent-event.ts'
import { conversationMessageType } from './conversation.ts'
import { guardReads } from './guard-reads.ts'
import { integrationType } from './integration.ts'
import { jobType } from './job.ts'
import { jobAttemptTypes } from './job-attempt.ts'
import { jobDefinitionType } from './job-definition.ts'
import { jobEventTypes } from './job-event.ts'
import { leadType } from './lead.ts'
import { leadEventType } from './lead-event.ts'
import { messageType } from './message.ts'
import { nodeType } from './node.ts'
import { scheduleType } from './schedule.ts'
import { describeStandardParts } from './standard-descriptions.ts'
import { statTypes } from './stats.ts'
import { suppressionType } from './suppression.ts'
import { webhookReceiptType } from './webhook-receipt.ts'
import { whatsappTemplateType } from './whatsapp-template.ts'
import { workspaceTypes } from './workspace.ts'

export { defaultPage, maxPage } from './connection.ts'
export { type Caller, createContext, type Deps } from './context.ts'
export { type ErrorCode, errorCodes } from './error-codes.ts'

const types = [
  nodeType,
  workspaceTypes,
  apiKeyType,
  auditEntryType,
  leadType,
  leadEventType,
  consentEventType,
  messageType,
  conversationMessageType,
  whatsappTemplateType,
  integrationType,
  campaignTypes,
  campaignSyncTypes,
  suppressionType,
  statTypes,
  webhookReceiptType,
  jobType,
  scheduleType,
  jobAttemptTypes,
  jobDefinitionType,
  jobEventTypes,
  backupTypes,
]
const verbs = [
  errorTypes,
  campaignErrorTypes,
  accessErrorTypes,
  nodeQueries,
  workspaces,
  apiKeyQueries,
  apiKeyActions,
  auditLog,
  leadQueries,
  leadTimeline,
  consentHistory,
  messageQueries,
  messageActions,
  unknownMessages,
  conversations,
  whatsappTemplateQueries,
  integrationQueries,
  integrationActions,
  campaignQueries,
  campaignEvents,
  campaignChanges,
  campaignSyncQueries,
  campaignSyncMutations,
  audienceDifferences,
  statsRebuildMutations,
  suppressionQueries,
  suppressionActions,
  webhookReceipts,
  statQueries,
  jobQueries,
  jobStatsQuery,
  scheduleQueries,
  scheduleActions,
  jobActions,
  enqueueMutations,
  jobSubscriptions,
  backupQueries,
  backupActions,
]

/**
 * Builds the API for a set of job definitions.
 * @throws when a root field does not say who may use it
 */
export function buildSchema(definitions: readonly AnyJobDefinition[]): GraphQLSchema {
  const api = createApi(definitions)
  api.builder.queryType({})
  api.builder.mutationType({})
  api.builder.subscriptionType({})
  for (const declare of [...types, ...verbs]) declare(api)
  leadMutations(api)
  const schema = api.builder.toSchema()
  refuseOpenFields(schema)
  guardReads(schema)
  describeStandardParts(schema)
  return schema
}

/** The schema's SDL, as committed in schema.graphql. */
export function printApiSchema(definitions: readonly AnyJobDefinition[]): string {
  return `${printSchema(buildSchema(definitions))}\n`
}

function leadMutations(api: Api): void {
  const fields = leadInputFields(api)
  leadCreation(api, fields)
  leadChanges(api, fields)
  leadErasure(api)
}

/** Deny by default: a root field without `authScopes` is a mistake. */
function refuseOpenFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(type?.getFields() ?? {})) {
      const options = field.extensions.pothosOptions as { authScopes?: unknown } | undefined
      if (options?.authScopes === undefined)
        throw new Error(`${type?.name}.${field.name} does not say who may use it: add authScopes`)
    }
}
