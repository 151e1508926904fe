import type { BackupState } from '../entities/backup.ts'
import type { CampaignState } from '../entities/campaign.ts'
import type { conflictWinners } from '../entities/campaign-event.ts'
import type { SyncScope } from '../entities/campaign-sync.ts'
import type { ConsentSource } from '../entities/consent-event.ts'
import { type Vendor, vendors } from '../entities/integration.ts'
import type { JobPriority, jobStates } from '../entities/job.ts'
import type { catchUpPolicies, overlapPolicies } from '../entities/schedule.ts'
import type { SuppressionReason } from '../entities/suppression.ts'
import type { Finding, VerificationState } from '../entities/verification.ts'
import { type ReceiptState, webhookVendors } from '../entities/webhook-receipt.ts'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import type { JobEventType } from '../ledger/ledger.ts'
import type { Builder } from './builder.ts'
import {
  attemptTexts,
  campaignEventTexts,
  channelTexts,
  consentTexts,
  deliveryTexts,
  errorClassTexts,
  leadEventTexts,
  leadStatusTexts,
  messageStateTexts,
  roleTexts,
  syncDirectionTexts,
  syncOutcomeTexts,
  syncStateTexts,
  vendorTexts,
} from './enum-texts.ts'
import { type ErrorCode, errorCodes } from './error-codes.ts'
import { enumName } from './job-names.ts'
import type { WaitReason } from './vendor-accounts.ts'

const states: Record<(typeof jobStates)[number], string> = {
  SCHEDULED: 'Waits in the ledger for its time.',
  PENDING: 'Due; about to be handed to a worker queue.',
  WAITING: 'In the queue, for the next free worker.',
  ACTIVE: 'A worker runs it.',
  DELAYED: 'Will be tried again later.',
  WAITING_CHILDREN: 'Waits for other jobs.',
  COMPLETED: 'Done.',
  DEAD: 'Failed for good: its attempts are used or the error is permanent. An operator can retry it.',
  CANCELLED: 'Stopped by an operator.',
}

const priorities: Record<JobPriority, string> = {
  CRITICAL: 'Before everything else.',
  HIGH: 'Somebody is waiting for it.',
  NORMAL: 'As most jobs are.',
  LOW: 'It can wait for those above.',
  BULK: 'Imports and other long lists; it waits for all others.',
}

const events: Record<JobEventType, string> = {
  WAITING: 'It is in the queue.',
  ACTIVE: 'A worker took it.',
  PROGRESS: 'The worker reported progress.',
  LOG: 'The worker wrote a line.',
  DELAYED: 'It will run later.',
  ATTEMPT_FAILED: 'An attempt failed; another follows at `nextAttemptAt`.',
  STALLED: 'Its worker was lost; it will be taken up again.',
  COMPLETED: 'It is done.',
  DEAD: 'It failed for good.',
  CANCEL_REQUESTED: 'Its worker was asked to stop.',
  CANCELLED: 'It was cancelled.',
}

const keyStates = {
  ACTIVE: 'It opens what it may.',
  EXPIRED: 'Its time is over.',
  REVOKED: 'Somebody ended it.',
}

const outcomes = {
  SENT: 'The person got it, or the provider says that it was sent.',
  NOT_SENT: 'It did not leave; it is to be sent now.',
  DROPPED: 'It did not leave, and is not to be sent any more.',
}

const waitReasons: Record<WaitReason, string> = {
  STOPPED_BY_OPERATOR: 'An operator stopped the account.',
  ACCOUNT_LOCKED: 'The vendor does not let the account in.',
  BREAKER_OPEN: 'The vendor is down.',
  PAUSED: 'The vendor asked for a pause.',
  UNANSWERED:
    'Sends were not answered, so that nobody knows whether they arrived; only such calls wait, others go out.',
}

const directions = {
  INBOUND: 'The person wrote it.',
  OUTBOUND: 'We wrote it.',
}

const breakers = {
  CLOSED: 'Calls go out.',
  OPEN: 'The vendor is down; calls wait.',
  AUTH: 'The vendor does not let the account in; calls wait until its credentials are replaced.',
  HALF_OPEN: 'The next call goes out as a probe.',
}

const forced = {
  OPEN: 'All calls are stopped.',
  CLOSED: 'Calls go out, whatever the breaker finds.',
  NONE: 'It is left to the breaker.',
}

const campaigns: Record<CampaignState, string> = {
  DRAFT: 'It can be edited.',
  SCHEDULED: 'Mailchimp is to send it at `scheduledAt`.',
  SENDING: 'Mailchimp is sending it.',
  SENT: 'It was sent.',
  PAUSED: 'It was paused at Mailchimp.',
  CANCELLED: 'It will not be sent.',
  FAILED: 'It cannot be sent as it is; see `reason`. Edit or schedule it again.',
}

const scopes: Record<SyncScope, string> = {
  CAMPAIGN: 'One campaign.',
  ALL: 'All campaigns and the audience.',
  AUDIENCE: 'The audience alone.',
}

const sides = {
  ONLY_IN_MAILCHIMP: 'Contacts of the audience that are no leads here.',
  ONLY_HERE: 'Leads with an e-mail address that are not in the audience.',
}

const winners = {
  OURS: 'Our value stays; it was a draft.',
  MAILCHIMP: 'Mailchimp’s value stays; it was scheduled, being sent or sent.',
} satisfies Record<(typeof conflictWinners)[number], string>

const suppressionReasons: Record<SuppressionReason, string> = {
  UNSUBSCRIBED: 'The person unsubscribed.',
  HARD_BOUNCE: 'The address does not exist.',
  COMPLAINT: 'The person reported spam.',
  STOP_WORD: 'The person wrote STOP or the like.',
  UNREACHABLE: 'The number cannot be reached by WhatsApp; ends when the person writes.',
  OPERATOR: 'An operator, or somebody at the vendor, said so.',
  ERASED: 'The person was erased.',
}

const consentSourceTexts: Record<ConsentSource, string> = {
  API: 'A caller of the API said so, and nothing more of it.',
  FORM: 'The person filled in a form.',
  IMPORT: 'It came with a list.',
  OPERATOR: 'Somebody here wrote it down for the person.',
  VENDOR: 'A vendor reported it; see `vendor`.',
  ERASURE: 'The person was erased.',
  BEFORE_HISTORY: 'It was known before a history was kept.',
}

const { API, FORM, IMPORT, OPERATOR } = consentSourceTexts

const receiptStates: Record<ReceiptState, string> = {
  RECEIVED: 'Kept; its job has not applied it yet.',
  APPLIED: 'Its effects are committed.',
  IGNORED: 'Nothing in it concerns us.',
  FAILED: 'It could not be applied; its job tells why.',
  FOREIGN: 'It is about another account of the vendor: noted without its text, and never applied.',
}

const overlaps: Record<(typeof overlapPolicies)[number], string> = {
  SKIP: 'The tick is passed over.',
  QUEUE: 'The tick starts another job, which may run beside it.',
}

const catchUps: Record<(typeof catchUpPolicies)[number], string> = {
  NONE: 'None starts a job, except for one that is at most a minute old.',
  ONCE: 'The newest starts a job.',
  ALL: 'Each starts a job; with overlap SKIP the oldest alone.',
}

const backupStates: Record<BackupState, string> = {
  RUNNING: 'It is being made.',
  COMPLETED: 'It is in the repository.',
  FAILED: 'It was not made; see `problem`.',
  CANCELLED: 'It was cancelled; nothing of it is left.',
}

const verificationStates: Record<VerificationState, string> = {
  RUNNING: 'It is being restored and compared.',
  PASSED: 'It was restored and is equal to what was dumped.',
  FAILED: 'It could not be restored, or differs; see `findings`.',
  BROKEN_OFF: 'It ended before it knew, for a reason that says nothing about the backup.',
  CANCELLED: 'It was cancelled.',
}

const findings: Record<Finding['kind'], string> = {
  REPOSITORY: 'The repository is damaged.',
  RESTORE: 'The dump cannot be restored.',
  TABLE_MISSING: 'A table that was dumped did not come back.',
  TABLE_UNEXPECTED: 'A table came back that was not there when it was dumped.',
  ROWS: 'A table has more or fewer rows than when it was dumped.',
  CHECKSUM: 'A table has other content than when it was dumped.',
  FOREIGN_KEY: 'Rows refer to rows that are not there.',
}

const leadOutcomes = {
  CREATED: 'It is new.',
  EXISTING: 'It was there already.',
  INVALID: 'It was refused.',
}

const gapReasons = {
  TRIMMED: 'The stream no longer reaches back so far.',
  RESTARTED: 'The stream was emptied.',
}

const sources = {
  ENVIRONMENT: 'The settings of the installation.',
  WORKSPACE: 'The workspace’s own account.',
}

/** Values of an enum with a sentence each. */
export const described = <Name extends string>(texts: Record<Name, string>) =>
  Object.fromEntries(
    Object.entries(texts).map(([name, description]) => [name, { value: name, description }]),
  ) as Record<Name, { value: Name; description: string }>

/** Vendors are written in capitals in the API, like every enum. */
const capitals = <Name extends Vendor>(names: readonly Name[]) =>
  Object.fromEntries(
    names.map((value) => [value.toUpperCase(), { value, description: vendorTexts[value] }]),
  ) as Record<Uppercase<Name>, { value: Name; description: string }>

/** The enums of the API. `JobName` follows from the registered job definitions. */
export function defineEnums(builder: Builder, definitions: readonly AnyJobDefinition[]) {
  return {
    JobName: builder.enumType('JobName', {
      description: 'A kind of job; see `jobDefinitions`.',
      values: Object.fromEntries(
        definitions.map(({ name, description }) => [enumName(name), { value: name, description }]),
      ),
    }),
    JobState: builder.enumType('JobState', {
      description: 'Where a job is on its way.',
      values: described(states),
    }),
    JobPriority: builder.enumType('JobPriority', {
      description:
        'How soon a job starts among the waiting jobs of its name: a higher level always before a lower one, within a level in the order they came.',
      values: described(priorities),
    }),
    JobEventType: builder.enumType('JobEventType', {
      description: 'What happened to a job.',
      values: described(events),
    }),
    JobErrorClass: builder.enumType('JobErrorClass', {
      description: 'What kind of error ended an attempt, and so what follows.',
      values: described(errorClassTexts),
    }),
    JobAttemptOutcome: builder.enumType('JobAttemptOutcome', {
      description: 'How an attempt ended.',
      values: described(attemptTexts),
    }),
    JobEventsGapReason: builder.enumType('JobEventsGapReason', {
      description: 'Why events are missing.',
      values: described(gapReasons),
    }),
    LeadStatus: builder.enumType('LeadStatus', {
      description: 'How far a lead is.',
      values: described(leadStatusTexts),
    }),
    LeadEventType: builder.enumType('LeadEventType', {
      description: 'What happened to a lead.',
      values: described(leadEventTexts),
    }),
    LeadOutcome: builder.enumType('LeadOutcome', {
      description: 'What became of a lead of a list.',
      values: described(leadOutcomes),
    }),
    ConsentState: builder.enumType('ConsentState', {
      description: 'What a person said to messages by a channel.',
      values: described(consentTexts),
    }),
    ConsentSource: builder.enumType('ConsentSource', {
      description: 'Where a statement about consent comes from.',
      values: described(consentSourceTexts),
    }),
    ConsentSourceInput: builder.enumType('ConsentSourceInput', {
      description: 'Where a caller has a statement about consent from.',
      values: described({ API, FORM, IMPORT, OPERATOR }),
    }),
    Channel: builder.enumType('Channel', {
      description: 'How a message reaches a person.',
      values: described(channelTexts),
    }),
    MessageState: builder.enumType('MessageState', {
      description: 'What is known of the sending of a message.',
      values: described(messageStateTexts),
    }),
    MessageOutcome: builder.enumType('MessageOutcome', {
      description: 'What an operator found out about a message.',
      values: described(outcomes),
    }),
    ConversationDirection: builder.enumType('ConversationDirection', {
      description: 'Who wrote a message of a conversation.',
      values: described(directions),
    }),
    DeliveryState: builder.enumType('DeliveryState', {
      description: 'What is known of the delivery of a message.',
      values: described(deliveryTexts),
    }),
    Vendor: builder.enumType('Vendor', {
      description: 'A vendor a workspace can have an account at.',
      values: capitals(vendors),
    }),
    WaitReason: builder.enumType('WaitReason', {
      description: 'Why calls to a vendor wait.',
      values: described(waitReasons),
    }),
    BreakerState: builder.enumType('BreakerState', {
      description: 'Whether calls to a vendor go out.',
      values: described(breakers),
    }),
    ForcedState: builder.enumType('ForcedState', {
      description: 'What an operator decided about the calls to a vendor.',
      values: described(forced),
    }),
    IntegrationSource: builder.enumType('IntegrationSource', {
      description: 'Where an account comes from.',
      values: described(sources),
    }),
    CampaignState: builder.enumType('CampaignState', {
      description: 'Where a campaign is on its way.',
      values: described(campaigns),
    }),
    CampaignEventType: builder.enumType('CampaignEventType', {
      description: 'What happened to a campaign.',
      values: described(campaignEventTexts),
    }),
    ConflictWinner: builder.enumType('ConflictWinner', {
      description: 'Whose value of a field in conflict stays.',
      values: described(winners),
    }),
    SyncScope: builder.enumType('SyncScope', {
      description: 'What a run brings in step.',
      values: described(scopes),
    }),
    SyncState: builder.enumType('SyncState', {
      description: 'How a run of `campaign.sync` is doing.',
      values: described(syncStateTexts),
    }),
    SyncDirection: builder.enumType('SyncDirection', {
      description: 'Which side was changed.',
      values: described(syncDirectionTexts),
    }),
    SyncOutcome: builder.enumType('SyncOutcome', {
      description: 'What a run did with a campaign.',
      values: described(syncOutcomeTexts),
    }),
    AudienceSide: builder.enumType('AudienceSide', {
      description: 'Where a person is known and not on the other side.',
      values: described(sides),
    }),
    SuppressionReason: builder.enumType('SuppressionReason', {
      description: 'Why nothing is sent to an address.',
      values: described(suppressionReasons),
    }),
    WebhookVendor: builder.enumType('WebhookVendor', {
      description: 'A vendor that reports by webhook.',
      values: capitals(webhookVendors),
    }),
    WebhookReceiptState: builder.enumType('WebhookReceiptState', {
      description: 'What became of a report.',
      values: described(receiptStates),
    }),
    OverlapPolicy: builder.enumType('OverlapPolicy', {
      description: 'What becomes of a tick while a job of the schedule is not final yet.',
      values: described(overlaps),
    }),
    CatchUpPolicy: builder.enumType('CatchUpPolicy', {
      description: 'What becomes of ticks that passed while no dispatcher ran.',
      values: described(catchUps),
    }),
    BackupState: builder.enumType('BackupState', {
      description: 'How a backup is doing.',
      values: described(backupStates),
    }),
    VerificationState: builder.enumType('VerificationState', {
      description: 'How the restoring of a backup is doing.',
      values: described(verificationStates),
    }),
    FindingKind: builder.enumType('FindingKind', {
      description: 'What a verification found wrong.',
      values: described(findings),
    }),
    Role: builder.enumType('Role', {
      description: 'What a key may do at most.',
      values: described(roleTexts),
    }),
    ApiKeyState: builder.enumType('ApiKeyState', {
      description: 'Whether a key opens anything.',
      values: described(keyStates),
    }),
    ErrorCode: builder.enumType('ErrorCode', {
      description: 'What kind of error it is, and what to do.',
      values: described(sentences()),
    }),
  }
}

function sentences(): Record<ErrorCode, string> {
  return Object.fromEntries(
    Object.entries(errorCodes).map(([code, [sentence, remedy]]) => [code, `${sentence} ${remedy}`]),
  ) as Record<ErrorCode, string>
}
