import type { Permission } from '../entities/api-key.ts'

/**
 * What it takes to read a type, wherever it is reached: from a query, a payload, an error, an event or `node`. Without the
 * permission its ids alone are shown, so that whoever may write still learns what became of it.
 */
export const readPermissions: Readonly<Record<string, Permission>> = {
  Lead: 'leads:read',
  LeadEvent: 'leads:read',
  ConsentEvent: 'leads:read',
  UtmParameters: 'leads:read',
  Message: 'leads:read',
  WhatsappTemplate: 'leads:read',
  ConversationMessage: 'messages:read',
  UnknownMessageCount: 'leads:read',
  Suppression: 'leads:read',
  Campaign: 'leads:read',
  CampaignRecipients: 'leads:read',
  CampaignSegment: 'leads:read',
  CampaignReport: 'leads:read',
  CampaignEvent: 'leads:read',
  CampaignSync: 'leads:read',
  CampaignSyncCounts: 'leads:read',
  CampaignSyncItem: 'leads:read',
  FieldConflict: 'leads:read',
  AudienceDifference: 'leads:read',
  Stats: 'leads:read',
  StatGroup: 'leads:read',
  StatMetricSeries: 'leads:read',
  StatPoint: 'leads:read',
  StatRateSeries: 'leads:read',
  StatSeries: 'leads:read',
  StatsUpdate: 'leads:read',
  Funnel: 'leads:read',
  FunnelStep: 'leads:read',
  TopCampaigns: 'leads:read',
  TopCampaign: 'leads:read',
  Job: 'jobs:read',
  JobAttempt: 'jobs:read',
  JobDefinition: 'jobs:read',
  JobError: 'jobs:read',
  JobLogLine: 'jobs:read',
  JobEvent: 'jobs:read',
  JobEventsSnapshot: 'jobs:read',
  JobEventsGap: 'jobs:read',
  JobStats: 'jobs:read',
  JobStatsPoint: 'jobs:read',
  JobStatsTotals: 'jobs:read',
  DurationPercentiles: 'jobs:read',
  Schedule: 'jobs:read',
  CronPreview: 'jobs:read',
  WebhookReceipt: 'jobs:read',
  Integration: 'jobs:read',
  IntegrationQuota: 'jobs:read',
  Backup: 'installation:read',
  BackupTable: 'installation:read',
  BackupHealth: 'installation:read',
  Verification: 'installation:read',
  VerificationFinding: 'installation:read',
  AuditEntry: 'audit:read',
  ApiKey: 'workspace:admin',
}

/** Fields of such types that whoever gets the thing in an answer may see. */
export const openFields: ReadonlySet<string> = new Set(['id'])

/** Types that say nothing by themselves: they carry others, or tell a caller about its own request. */
export const isOpen = (name: string): boolean =>
  /(Connection|Edge|Payload|Error)$/.test(name) || openTypes.has(name)

const openTypes = new Set([
  'PageInfo',
  'InputIssue',
  'CreateLeadsItem',
  'Me',
  'Workspace',
  'WorkspaceSettings',
  'UnknownConsent',
  'WelcomeSteps',
])
