import type { SqlEntityManager } from '@mikro-orm/sql'
import { ApiKey } from './api-key.ts'
import { AudienceMember } from './audience-member.ts'
import { Audit } from './audit.ts'
import { Backup } from './backup.ts'
import { Campaign } from './campaign.ts'
import { CampaignEvent } from './campaign-event.ts'
import { CampaignSync } from './campaign-sync.ts'
import { CampaignSyncItem } from './campaign-sync-item.ts'
import { ConsentEvent } from './consent-event.ts'
import { Contact } from './contact.ts'
import { Conversation } from './conversation.ts'
import { Erasure } from './erasure.ts'
import { Fact } from './fact.ts'
import { InboundMessage } from './inbound-message.ts'
import { Integration } from './integration.ts'
import { Job } from './job.ts'
import { JobAttempt } from './job-attempt.ts'
import { JobLog } from './job-log.ts'
import { JobStatHour } from './job-stat-hour.ts'
import { JobStep } from './job-step.ts'
import { Lead } from './lead.ts'
import { LeadEvent } from './lead-event.ts'
import { Message } from './message.ts'
import { Schedule } from './schedule.ts'
import { StatHour } from './stat-hour.ts'
import { StatPosition } from './stat-position.ts'
import { StreamPosition } from './stream-position.ts'
import { Suppression } from './suppression.ts'
import { Verification } from './verification.ts'
import { WebhookReceipt } from './webhook-receipt.ts'
import { WhatsappTemplate } from './whatsapp-template.ts'
import { Workspace } from './workspace.ts'

/** Every table, listed by hand: what is not here does not exist. */
export const entities = [
  Workspace,
  ApiKey,
  Campaign,
  Lead,
  LeadEvent,
  Contact,
  ConsentEvent,
  Message,
  Job,
  JobAttempt,
  JobStep,
  JobLog,
  Audit,
  StreamPosition,
  AudienceMember,
  CampaignEvent,
  CampaignSync,
  CampaignSyncItem,
  Conversation,
  Fact,
  InboundMessage,
  Integration,
  Suppression,
  WebhookReceipt,
  WhatsappTemplate,
  Schedule,
  StatHour,
  StatPosition,
  JobStatHour,
  Backup,
  Verification,
  Erasure,
]

/** The entity manager as all of our code sees it: one fork per request and per job. */
export type Em = SqlEntityManager
