/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Where a caller has a statement about consent from. */
export type ConsentSourceInput =
  /** A caller of the API said so, and nothing more of it. */
  | 'API'
  /** The person filled in a form. */
  | 'FORM'
  /** It came with a list. */
  | 'IMPORT'
  /** Somebody here wrote it down for the person. */
  | 'OPERATOR';

/** What a person said to messages by a channel. */
export type ConsentState =
  /** The person said no. */
  | 'DENIED'
  /** The person agreed. */
  | 'GRANTED'
  /** The person was not asked, or it is not known what they said. */
  | 'UNKNOWN';

/** A new lead. It needs an e-mail address, a phone number or both. */
export type CreateLeadInput = {
  /** The campaign the lead came by. */
  campaignId?: string | number | null | undefined;
  /** The company. */
  company?: string | null | undefined;
  /** When the person said so; default: now. A consent that is older than the one that is known changes nothing. */
  consentAt?: string | null | undefined;
  /** Where the person said so; default: API. */
  consentSource?: ConsentSourceInput | null | undefined;
  /** The text the person was shown and agreed to, or refused; up to 1000 characters. */
  consentWording?: string | null | undefined;
  /** ISO 3166 code for national phone numbers; default: the region of `locale`. */
  country?: string | null | undefined;
  /** An object of texts. */
  customFields?: unknown;
  /** The e-mail address. */
  email?: string | null | undefined;
  /** What the person said about e-mails; kept in `Lead.consentHistory`. */
  emailConsent?: ConsentState | null | undefined;
  /** The first name. */
  firstName?: string | null | undefined;
  /** The same key and input bring back the first job instead of starting another. Beats the Idempotency-Key header. */
  idempotencyKey?: string | null | undefined;
  /** The last name. */
  lastName?: string | null | undefined;
  /** BCP 47, e.g. es or es-MX. */
  locale?: string | null | undefined;
  /** With + and country code, or a national number together with `country`. */
  phone?: string | null | undefined;
  /** How soon it starts among the jobs of its name. Default: its definition's, else NORMAL. */
  priority?: JobPriority | null | undefined;
  /** Not before this time. */
  runAt?: string | null | undefined;
  /** Where the lead came from, e.g. landing-page. */
  source?: string | null | undefined;
  /** Tags; at most 50. */
  tags?: Array<string> | null | undefined;
  /** IANA name, e.g. Europe/Madrid. */
  timeZone?: string | null | undefined;
  /** UTM parameters of the page the lead came by. */
  utm?: UtmParametersInput | null | undefined;
  /** What the person said about WhatsApp messages; kept in `Lead.consentHistory`. */
  whatsappConsent?: ConsentState | null | undefined;
};

/** What kind of error it is, and what to do. */
export type ErrorCode =
  /** The workspace has an administrator already (of `npm run keys` only). Use that key, or ask for another explicitly. */
  | 'ADMIN_KEY_EXISTS'
  /** The answer is larger than it may be. Ask for fewer fields or smaller pages. */
  | 'ANSWER_TOO_LARGE'
  /** The key has expired or was revoked, which is final. Create a new one. */
  | 'API_KEY_ENDED'
  /** The key was rotated already. Use the key named in `replacedBy`; if its secret was lost, revoke that one and rotate again. */
  | 'API_KEY_REPLACED'
  /** The request is not a GraphQL request. Send JSON with `query` and, if needed, `variables` and `operationName`. */
  | 'BAD_REQUEST'
  /** The schedule comes with its job, so it cannot be deleted. Use `pauseSchedule`. */
  | 'BUILT_IN_SCHEDULE'
  /** The campaign lacks what Mailchimp wants before it sends. Add what is named in `missing`, then schedule it. */
  | 'CAMPAIGN_INCOMPLETE'
  /** The API key may not do this. Use a key whose role or scopes include the permission named in the message. */
  | 'FORBIDDEN'
  /** The document is not GraphQL. Correct the syntax at the place named. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not fit the schema. Correct it at the place named; the schema is in `schema/schema.graphql`. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The idempotency key was used before with other input. Use a new key for a new request, or repeat the first input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** Something unexpected went wrong on the server. Try again later; name the `correlationId` when you report it. */
  | 'INTERNAL'
  /** The cursor is not one this API gave out. Start without a cursor. */
  | 'INVALID_CURSOR'
  /** A value of the input is not acceptable. Correct the values named in `issues` and send it again. */
  | 'INVALID_INPUT'
  /** The campaign cannot go from its state to the one asked for. Look at its state; docs/campaigns.md has the table of what may follow what. */
  | 'INVALID_TRANSITION'
  /** It is the last key that looks after the workspace. Create another first, or set `evenIfLast`; `npm run keys` on the server makes one at any time. */
  | 'LAST_ADMIN_KEY'
  /** The workspace has a lead with this e-mail address. Use the lead that is there, or change it with `updateLead`. */
  | 'LEAD_EXISTS'
  /** The message is in no state in which this can be decided about it. Look at its state: one that is `UNKNOWN` can be resolved, one that did not get through sent again. */
  | 'MESSAGE_SETTLED'
  /** The campaign is scheduled, sent or cancelled, so it cannot be edited. Take it back with `unscheduleCampaign` first, if it is scheduled. */
  | 'NOT_A_DRAFT'
  /** Nothing with this id is in the workspace. Check the id and the workspace of the API key. */
  | 'NOT_FOUND'
  /** A key would be able to do more than the key that makes it. Leave out the permissions named in `missing`, or use a key that has them. */
  | 'PERMISSION_EXCEEDED'
  /** A job of the schedule is not final yet, and its jobs must not overlap. Wait for the job that is named, or cancel it. */
  | 'SCHEDULE_BUSY'
  /** The document is too long, too deep or too costly. Ask for fewer fields or smaller pages. */
  | 'TOO_COMPLEX'
  /** The connection or the key holds as many subscriptions as it may. End some; the message says which of the two it is. */
  | 'TOO_MANY_SUBSCRIPTIONS'
  /** The database took too long to answer. Narrow it down: by time, name or state, or with smaller pages. */
  | 'TOO_SLOW'
  /** The API key is missing, unknown, expired or revoked. Send `Authorization: Bearer <key>`, on a WebSocket as `authorization` in the connection parameters. */
  | 'UNAUTHENTICATED'
  /** The server cannot answer at the moment. Repeat it after the seconds in `Retry-After`, or after a few. */
  | 'UNAVAILABLE'
  /** There is no job of this name. See `jobDefinitions` for the names. */
  | 'UNKNOWN_JOB'
  /** The lead or campaign was changed by someone else meanwhile. Read it again and repeat the change on its new version. */
  | 'VERSION_CONFLICT'
  /** A workspace has this slug already. Choose another slug. */
  | 'WORKSPACE_EXISTS'
  /** The job is in a state that does not allow this. Look at its state; only some states can be retried or cancelled. */
  | 'WRONG_STATE';

/** What happened to a job. */
export type JobEventType =
  /** A worker took it. */
  | 'ACTIVE'
  /** An attempt failed; another follows at `nextAttemptAt`. */
  | 'ATTEMPT_FAILED'
  /** It was cancelled. */
  | 'CANCELLED'
  /** Its worker was asked to stop. */
  | 'CANCEL_REQUESTED'
  /** It is done. */
  | 'COMPLETED'
  /** It failed for good. */
  | 'DEAD'
  /** It will run later. */
  | 'DELAYED'
  /** The worker wrote a line. */
  | 'LOG'
  /** The worker reported progress. */
  | 'PROGRESS'
  /** Its worker was lost; it will be taken up again. */
  | 'STALLED'
  /** It is in the queue. */
  | 'WAITING';

/** Why events are missing. */
export type JobEventsGapReason =
  /** The stream was emptied. */
  | 'RESTARTED'
  /** The stream no longer reaches back so far. */
  | 'TRIMMED';

/** How soon a job starts among the waiting jobs of its name: a higher level always before a lower one, within a level in the order they came. */
export type JobPriority =
  /** Imports and other long lists; it waits for all others. */
  | 'BULK'
  /** Before everything else. */
  | 'CRITICAL'
  /** Somebody is waiting for it. */
  | 'HIGH'
  /** It can wait for those above. */
  | 'LOW'
  /** As most jobs are. */
  | 'NORMAL';

/** Where a job is on its way. */
export type JobState =
  /** A worker runs it. */
  | 'ACTIVE'
  /** Stopped by an operator. */
  | 'CANCELLED'
  /** Done. */
  | 'COMPLETED'
  /** Failed for good: its attempts are used or the error is permanent. An operator can retry it. */
  | 'DEAD'
  /** Will be tried again later. */
  | 'DELAYED'
  /** Due; about to be handed to a worker queue. */
  | 'PENDING'
  /** Waits in the ledger for its time. */
  | 'SCHEDULED'
  /** In the queue, for the next free worker. */
  | 'WAITING'
  /** Waits for other jobs. */
  | 'WAITING_CHILDREN';

/** UTM parameters of the page a lead came by. */
export type UtmParametersInput = {
  /** utm_campaign. */
  campaign?: string | null | undefined;
  /** utm_content. */
  content?: string | null | undefined;
  /** utm_medium, e.g. email. */
  medium?: string | null | undefined;
  /** utm_source, e.g. newsletter. */
  source?: string | null | undefined;
  /** utm_term. */
  term?: string | null | undefined;
};

export type FrontEndCreateLeadMutationVariables = Exact<{
  input: CreateLeadInput;
}>;


export type FrontEndCreateLeadMutation = { createLead:
    | { __typename: 'CreateLeadPayload', alreadyExisted: boolean, lead: { id: string }, job: { id: string } }
    | { __typename: 'IdempotencyConflictError', code: ErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string }> }
    | { __typename: 'LeadExistsError', code: ErrorCode, message: string }
   };

export type FrontEndWatchJobSubscriptionVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type FrontEndWatchJobSubscription = { jobEvents:
    | { __typename: 'JobEvent', cursor: string, type: JobEventType, progress: unknown, errorMessage: string | null }
    | { __typename: 'JobEventsGap', cursor: string, reason: JobEventsGapReason }
    | { __typename: 'JobEventsSnapshot', cursor: string, jobs: Array<{ state: JobState }> }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const FrontEndCreateLeadDocument = new TypedDocumentString(`
    mutation FrontEndCreateLead($input: CreateLeadInput!) {
  createLead(input: $input) {
    __typename
    ... on CreateLeadPayload {
      alreadyExisted
      lead {
        id
      }
      job {
        id
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on Error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<FrontEndCreateLeadMutation, FrontEndCreateLeadMutationVariables>;
export const FrontEndWatchJobDocument = new TypedDocumentString(`
    subscription FrontEndWatchJob($id: ID!, $after: String) {
  jobEvents(filter: { ids: [$id] }, after: $after) {
    __typename
    ... on JobEvent {
      cursor
      type
      progress
      errorMessage
    }
    ... on JobEventsSnapshot {
      cursor
      jobs {
        state
      }
    }
    ... on JobEventsGap {
      cursor
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<FrontEndWatchJobSubscription, FrontEndWatchJobSubscriptionVariables>;