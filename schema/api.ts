import type { ApiKey } from '../entities/api-key.ts'
import type { Audit } from '../entities/audit.ts'
import type { Backup } from '../entities/backup.ts'
import type { BackupHealth } from '../entities/backup-health.ts'
import type { Campaign } from '../entities/campaign.ts'
import type { CampaignEvent } from '../entities/campaign-event.ts'
import type { CampaignSync } from '../entities/campaign-sync.ts'
import type { CampaignSyncItem } from '../entities/campaign-sync-item.ts'
import type { ConsentEvent } from '../entities/consent-event.ts'
import type { JobAttempt } from '../entities/job-attempt.ts'
import type { LeadEvent } from '../entities/lead-event.ts'
import type { Message } from '../entities/message.ts'
import type { Row } from '../entities/row.ts'
import type { Suppression } from '../entities/suppression.ts'
import type { Verification } from '../entities/verification.ts'
import type { WebhookReceipt } from '../entities/webhook-receipt.ts'
import type { WhatsappTemplate } from '../entities/whatsapp-template.ts'
import type { Workspace, WorkspaceSettings } from '../entities/workspace.ts'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import type { InputIssue } from '../ledger/errors.ts'
import type { JobEventMessage } from '../ledger/ledger.ts'
import type { JobRow } from '../ledger/row.ts'
import type { ScheduleRow } from '../ledger/schedules/schedule-row.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import type { ConversationLine } from '../marketing/messages/conversation.ts'
import type { Granularity } from '../marketing/stats/axis.ts'
import type { FunnelStep, TopCampaign } from '../marketing/stats/funnel.ts'
import type { StatProgress } from '../marketing/stats/progress.ts'
import type { Stats } from '../marketing/stats/stats.ts'
import { createBuilder } from './builder.ts'
import { connectionRef, pageInfoRef } from './connection.ts'
import type { Caller } from './context.ts'
import { defineEnums } from './enums.ts'
import { jobFilterRef } from './job-filter.ts'
import type { JobLogLine } from './job-logs.ts'
import { defineStatEnums } from './stat-enums.ts'
import type { IntegrationView } from './vendor-accounts.ts'

/** Somebody who is a contact of the audience and no lead here, or the reverse. */
export interface AudienceDifference {
  email: string
  memberId: string | null
  status: string | null
  seenAt: Date | null
  leadId: string | null
}
/** Statistics, and what was asked. */
interface StatsAnswer extends Stats {
  from: string
  to: string
  timeZone: string
  granularity: Granularity
}
type MessageOf<Kind> = Extract<JobEventMessage, { kind: Kind }>

/** A schema in the making: the builder and a name for every type, so that the files of types can refer to each other. */
export type Api = ReturnType<typeof createApi>

/** Names every type of the API; the other files of this folder say what is in them. */
export function createApi(definitions: readonly AnyJobDefinition[]) {
  const builder = createBuilder()
  const enums = { ...defineEnums(builder, definitions), ...defineStatEnums(builder) }
  const ApiKey = builder.objectRef<Row<ApiKey>>('ApiKey')
  const AuditEntry = builder.objectRef<Row<Audit>>('AuditEntry')
  const Lead = builder.objectRef<LeadRow>('Lead')
  const ConsentEvent = builder.objectRef<Row<ConsentEvent>>('ConsentEvent')
  const Job = builder.objectRef<JobRow>('Job')
  const Message = builder.objectRef<Row<Message>>('Message')
  const LeadEvent = builder.objectRef<Row<LeadEvent>>('LeadEvent')
  const JobEvent = builder.objectRef<MessageOf<'event'>>('JobEvent')
  const JobEventsSnapshot = builder.objectRef<MessageOf<'snapshot'>>('JobEventsSnapshot')
  const JobEventsGap = builder.objectRef<MessageOf<'gap'>>('JobEventsGap')
  const Campaign = builder.objectRef<Row<Campaign>>('Campaign')
  const CampaignEvent = builder.objectRef<Row<CampaignEvent>>('CampaignEvent')
  const CampaignSync = builder.objectRef<Row<CampaignSync>>('CampaignSync')
  const CampaignSyncItem = builder.objectRef<Row<CampaignSyncItem>>('CampaignSyncItem')
  const AudienceDifference = builder.objectRef<AudienceDifference>('AudienceDifference')
  const ConversationMessage = builder.objectRef<ConversationLine>('ConversationMessage')
  const WhatsappTemplate = builder.objectRef<Row<WhatsappTemplate>>('WhatsappTemplate')
  const Suppression = builder.objectRef<Row<Suppression>>('Suppression')
  const WebhookReceipt = builder.objectRef<Row<WebhookReceipt>>('WebhookReceipt')
  const Schedule = builder.objectRef<ScheduleRow>('Schedule')
  const Backup = builder.objectRef<Row<Backup>>('Backup')
  const PageInfo = pageInfoRef(builder)
  return {
    builder,
    definitions,
    ...enums,
    Node: builder.interfaceRef<{ id: string }>('Node'),
    Lead,
    LeadEvent,
    ConsentEvent,
    Job,
    JobAttempt: builder.objectRef<Row<JobAttempt>>('JobAttempt'),
    JobLogLine: builder.objectRef<JobLogLine>('JobLogLine'),
    JobError: builder.objectRef<JobRow>('JobError'),
    JobDefinition: builder.objectRef<AnyJobDefinition>('JobDefinition'),
    JobEvent,
    JobEventsSnapshot,
    JobEventsGap,
    JobEventMessage: builder.unionType('JobEventMessage', {
      description: 'What a subscription to job events sends.',
      types: [JobEvent, JobEventsSnapshot, JobEventsGap],
      resolveType: ({ kind }) => ({ event: JobEvent, snapshot: JobEventsSnapshot, gap: JobEventsGap })[kind],
    }),
    JobFilter: jobFilterRef(builder, enums),
    InputIssue: builder.objectRef<InputIssue>('InputIssue'),
    Message,
    ConversationMessage,
    WhatsappTemplate,
    Suppression,
    WebhookReceipt,
    Schedule,
    Integration: builder.objectRef<IntegrationView>('Integration'),
    Campaign,
    CampaignEvent,
    CampaignSync,
    CampaignSyncItem,
    AudienceDifference,
    Stats: builder.objectRef<StatsAnswer>('Stats'),
    StatsUpdate: builder.objectRef<StatProgress>('StatsUpdate'),
    Funnel: builder.objectRef<{ steps: FunnelStep[]; through: Date | null }>('Funnel'),
    TopCampaigns: builder.objectRef<{ campaigns: TopCampaign[] }>('TopCampaigns'),
    Backup,
    Verification: builder.objectRef<Row<Verification>>('Verification'),
    BackupHealth: builder.objectRef<BackupHealth>('BackupHealth'),
    Error: builder.interfaceRef<{ code: string; message: string }>('Error'),
    Workspace: builder.objectRef<Row<Workspace>>('Workspace'),
    WorkspaceSettings: builder.objectRef<WorkspaceSettings>('WorkspaceSettings'),
    Me: builder.objectRef<Caller>('Me'),
    ApiKey,
    AuditEntry,
    AuditEntryConnection: connectionRef(builder, 'AuditEntry', AuditEntry, PageInfo),
    ApiKeyConnection: connectionRef(builder, 'ApiKey', ApiKey, PageInfo),
    BackupConnection: connectionRef(builder, 'Backup', Backup, PageInfo),
    LeadConnection: connectionRef(builder, 'Lead', Lead, PageInfo),
    MessageConnection: connectionRef(builder, 'Message', Message, PageInfo),
    JobConnection: connectionRef(builder, 'Job', Job, PageInfo),
    ScheduleConnection: connectionRef(builder, 'Schedule', Schedule, PageInfo),
    ConversationMessageConnection: connectionRef(
      builder,
      'ConversationMessage',
      ConversationMessage,
      PageInfo,
    ),
    WhatsappTemplateConnection: connectionRef(builder, 'WhatsappTemplate', WhatsappTemplate, PageInfo),
    SuppressionConnection: connectionRef(builder, 'Suppression', Suppression, PageInfo),
    WebhookReceiptConnection: connectionRef(builder, 'WebhookReceipt', WebhookReceipt, PageInfo),
    ConsentEventConnection: connectionRef(builder, 'ConsentEvent', ConsentEvent, PageInfo),
    LeadEventConnection: connectionRef(builder, 'LeadEvent', LeadEvent, PageInfo),
    CampaignConnection: connectionRef(builder, 'Campaign', Campaign, PageInfo),
    CampaignEventConnection: connectionRef(builder, 'CampaignEvent', CampaignEvent, PageInfo),
    CampaignSyncConnection: connectionRef(builder, 'CampaignSync', CampaignSync, PageInfo),
    CampaignSyncItemConnection: connectionRef(builder, 'CampaignSyncItem', CampaignSyncItem, PageInfo),
    AudienceDifferenceConnection: connectionRef(builder, 'AudienceDifference', AudienceDifference, PageInfo),
  }
}
