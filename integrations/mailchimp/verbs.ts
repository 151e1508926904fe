// Everything we ask of Mailchimp Marketing: audiences, members, campaigns, batches, webhooks. What is not safe to repeat
// says so.

import type { CallContext } from '../client.ts'
import type { MergeValue } from './merge-values.ts'

export interface Audience {
  id: string
  name: string
  doubleOptIn: boolean
  memberCount: number
}

type MemberStatus = 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'transactional' | 'archived'

/** What we may make of a contact. */
export type SettableStatus = 'subscribed' | 'pending' | 'transactional' | 'unsubscribed'

export interface UpsertMemberInput {
  email: string
  /** Status of a contact that is new; an existing one keeps its own. `pending` for double opt-in audiences. */
  statusIfNew: SettableStatus
  firstName?: string | undefined
  lastName?: string | undefined
  /** BCP 47, e.g. es-ES; a language Mailchimp does not have is left out. */
  locale?: string | null | undefined
  /** By our names; those that are mapped go to their merge fields. Null clears, undefined stays. */
  fields?: Readonly<Record<string, MergeValue | null | undefined>> | undefined
  /** By merge tag; an empty string clears, a missing one stays. */
  mergeFields?: Record<string, string> | undefined
}

/** A change of a contact who is there. What is left out stays; an empty text or null clears. */
export interface ChangeMemberInput extends Omit<UpsertMemberInput, 'email' | 'statusIfNew'> {
  /** Contact id, or e-mail address. */
  member: string
  /** The new address, when it is another one now. */
  email?: string | undefined
}

export interface Member {
  /** The subscriber hash: it changes with the e-mail address. */
  memberId: string
  /** Stays when the address changes. */
  contactId: string | undefined
  email: string
  status: MemberStatus
  lastChanged: Date | undefined
  /** When the person last agreed to be written to. */
  optedInAt?: Date | undefined
}

export interface UpsertedMember extends Member {
  /** Our names of the fields that were left out, because their merge fields do not take the values. */
  unfit: readonly string[]
}

export interface MemberPage {
  members: Member[]
  /** Members in all, whatever the page. */
  total: number
}

export interface MergeField {
  tag: string
  name: string
  /** text, number, address, phone, date, birthday, … */
  type: string
  required: boolean
}

/** Mailchimp's word for where a campaign is. */
export type RemoteCampaignStatus =
  | 'save'
  | 'paused'
  | 'schedule'
  | 'sending'
  | 'sent'
  | 'canceled'
  | 'canceling'
  | 'archived'

export interface RemoteCampaign {
  id: string
  status: RemoteCampaignStatus
  title: string
  subject: string
  previewText: string
  fromName: string
  replyTo: string
  audienceId: string
  /** The part of the audience it goes to; null: all of it. */
  segment: RemoteSegment | null
  createdAt: Date
  /** Null unless it is scheduled, sending or sent. */
  sendTime: Date | null
}

export interface RemoteSegment {
  description: string | null
  savedSegmentId: number | null
}

/**
 * A change of a campaign's settings: what is left out stays as it is. Mailchimp requires subject and sender in every
 * change; without `audienceId` the recipients, and with them the segment, are kept.
 */
export type CampaignSettingsChange = Partial<CampaignSettings> &
  Pick<CampaignSettings, 'subject' | 'fromName' | 'replyTo'>

export interface CampaignSettings {
  /** Mailchimp's only place for an id of ours: a lost create is found again by it. */
  title: string
  subject: string
  previewText: string
  fromName: string
  replyTo: string
  audienceId: string
}

export interface RemoteCampaignPage {
  campaigns: RemoteCampaign[]
  total: number
}

interface ChecklistItem {
  type: 'success' | 'warning' | 'error'
  heading: string
  details: string
}

export interface CampaignReport {
  sent: number
  hardBounces: number
  softBounces: number
  opens: number
  /** People who opened; mail programs that load images by themselves count as well. */
  uniqueOpens: number
  clicks: number
  /** People who clicked. */
  uniqueClicks: number
  unsubscribed: number
  complaints: number
}

export interface BatchOperation {
  method: 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  operationId: string
  body?: unknown
}

export interface Batch {
  id: string
  status: 'pending' | 'preprocessing' | 'started' | 'finalizing' | 'finished'
  total: number
  finished: number
  errored: number
  /** Valid for ten minutes; read the batch again for a new one. */
  resultUrl: string | undefined
}

export interface BatchResult {
  operationId: string
  status: number
  /** Title of the refusal, when there is one. */
  problem: string | undefined
}

export interface AudienceWebhook {
  id: string
  url: string
  /** False: created before Mailchimp signed webhooks; recreate it. */
  signed: boolean
  /** Only in the answer to `addWebhook`, and never again. */
  signingSecret: string | undefined
}

export interface Mailchimp {
  /** Our names of the fields that have a merge field. */
  readonly mappedFields: readonly string[]
  ping(context: CallContext): Promise<void>
  subscriberHash(email: string): string

  audience(context: CallContext): Promise<Audience>
  /** All audiences of the account. */
  audiences(context: CallContext): Promise<Audience[]>
  mergeFields(context: CallContext): Promise<MergeField[]>

  upsertMember(input: UpsertMemberInput, context: CallContext): Promise<UpsertedMember>
  /**
   * At most 500; those Mailchimp refuses are named with the reason's code. Which of the others are new, Mailchimp does
   * not tell. For the same address twice, the later entry counts.
   */
  upsertMembers(
    inputs: readonly UpsertMemberInput[],
    context: CallContext,
  ): Promise<{ upserted: number; refused: { email: string; code: string }[] }>
  /**
   * Changes names, fields and address; a new address moves the contact, so that there is never a second one.
   * @returns undefined when there is no such contact, 'UNCHANGED' when there was nothing to write
   * @throws VendorError `Member Exists` when another contact has the new address
   */
  changeMember(
    input: ChangeMemberInput,
    context: CallContext,
  ): Promise<UpsertedMember | 'UNCHANGED' | undefined>
  /**
   * Sets the status of a contact who is there.
   * @returns undefined when there is no such contact
   * @throws VendorError `Member In Compliance State`, recipientRefused: people who left cannot be subscribed by us
   */
  setMemberStatus(
    input: { member: string; status: SettableStatus },
    context: CallContext,
  ): Promise<Member | undefined>
  /** Tags that are not named stay as they are. `member`: contact id, or e-mail address. */
  tagMember(
    input: { member: string; tags: readonly string[]; remove?: readonly string[] },
    context: CallContext,
  ): Promise<void>
  /** `member`: contact id, or e-mail address. */
  member(member: string, context: CallContext): Promise<Member | undefined>
  /**
   * At most 1,000, ordered by last change, oldest first. Who changes while pages are read moves to the end and is seen
   * again, and everybody behind moves up by one: let pages overlap, or somebody is missed.
   */
  memberPage(
    page: { audienceId?: string; offset: number; count: number; since?: Date },
    context: CallContext,
  ): Promise<MemberPage>
  /** `member`: contact id, or e-mail address. */
  archiveMember(member: string, context: CallContext): Promise<void>
  /** The address can never be added again but by the person. */
  deleteMemberForever(email: string, context: CallContext): Promise<void>

  /** Not safe to repeat: look for the title first. */
  createCampaign(settings: CampaignSettings, context: CallContext): Promise<RemoteCampaign>
  updateCampaign(id: string, change: CampaignSettingsChange, context: CallContext): Promise<RemoteCampaign>
  deleteCampaign(id: string, context: CallContext): Promise<void>
  campaign(id: string, context: CallContext): Promise<RemoteCampaign | undefined>
  /** At most 1,000, oldest first. */
  campaignPage(
    page: { offset: number; count: number; createdSince?: Date },
    context: CallContext,
  ): Promise<RemoteCampaignPage>
  /** Those with exactly this title. */
  findCampaigns(title: string, createdSince: Date, context: CallContext): Promise<RemoteCampaign[]>
  content(id: string, context: CallContext): Promise<{ html: string }>
  setContent(id: string, html: string, context: CallContext): Promise<void>
  checklist(id: string, context: CallContext): Promise<{ ready: boolean; items: ChecklistItem[] }>
  /** Not safe to repeat: the test would come twice. */
  sendTest(id: string, emails: readonly string[], context: CallContext): Promise<void>
  /** Full quarter hours only; read the campaign before a repeat. */
  schedule(id: string, at: Date, context: CallContext): Promise<void>
  unschedule(id: string, context: CallContext): Promise<void>
  /** Irreversible. Not safe to repeat: read the campaign first. */
  send(id: string, context: CallContext): Promise<void>
  /** Stops a campaign that is being sent; not in every plan. */
  cancelSend(id: string, context: CallContext): Promise<void>
  /** Undefined before it was sent. */
  report(id: string, context: CallContext): Promise<CampaignReport | undefined>

  /** Not safe to repeat, so its operations must be. */
  startBatch(operations: readonly BatchOperation[], context: CallContext): Promise<Batch>
  batch(id: string, context: CallContext): Promise<Batch>
  batchResults(url: string, context: CallContext): Promise<BatchResult[]>

  webhooks(context: CallContext): Promise<AudienceWebhook[]>
  /** Reports what people and admins do, not what we do ourselves. Not safe to repeat: look for the URL first. */
  addWebhook(url: string, context: CallContext): Promise<AudienceWebhook>
  deleteWebhook(id: string, context: CallContext): Promise<void>
}
