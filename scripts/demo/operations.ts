/** The GraphQL documents of the demo, each with the types of its variables and its answer. */

/** A document that knows its types. */
export type Document<Answer, Variables> = string & { readonly types?: (variables: Variables) => Answer }

export const steps = ['mailchimp', 'crm', 'welcome-email', 'welcome-whatsapp'] as const
export type Step = (typeof steps)[number]

export type JobState =
  | 'SCHEDULED'
  | 'PENDING'
  | 'WAITING'
  | 'ACTIVE'
  | 'DELAYED'
  | 'WAITING_CHILDREN'
  | 'COMPLETED'
  | 'DEAD'
  | 'CANCELLED'

/** The part of `CreateLeadInput` that the demo fills in. */
export interface LeadInput {
  email?: string
  phone?: string
  country?: string
  firstName?: string
  lastName?: string
  company?: string
  locale?: string
  timeZone?: string
  source?: string
  utm?: { source?: string; medium?: string; campaign?: string }
  tags?: string[]
  emailConsent?: string
  whatsappConsent?: string
}

/** Address and number in the form they are stored in. */
export interface CreatedLead {
  id: string
  email: string | null
  phone: string | null
}

export type CreateLeadAnswer =
  | { __typename: 'CreateLeadPayload'; lead: CreatedLead; job: { id: string } }
  | { __typename: 'Refusal'; code: string; message: string; issues?: { path: string; message: string }[] }

export const createLead = `mutation CreateLead($input: CreateLeadInput!) {
  createLead(input: $input) {
    __typename
    ... on CreateLeadPayload { lead { id email phone } job { id } }
    ... on Error { code message }
    ... on InvalidInputError { issues { path message } }
  }
}` as Document<{ createLead: CreateLeadAnswer }, { input: LeadInput & { idempotencyKey: string } }>

/** A job as a snapshot or a list has it. */
export interface JobRow {
  id: string
  name: string
  state: JobState
  progress: unknown
  result: unknown
  error: { class: string | null; message: string } | null
}

const jobFields = 'id name state progress result error { class message }'

export interface JobEvent {
  __typename: 'JobEvent'
  cursor: string
  type: string
  jobId: string
  jobName: string
  state: JobState
  attempt: number | null
  progress: unknown
  result: unknown
  errorClass: string | null
  errorMessage: string | null
  nextAt: string | null
}

export type JobMessage =
  | JobEvent
  | { __typename: 'JobEventsSnapshot'; cursor: string; more: boolean; jobs: JobRow[] }
  | { __typename: 'JobEventsGap'; cursor: string; reason: string }

export const jobEvents = `subscription Follow($filter: JobFilter, $after: String) {
  jobEvents(filter: $filter, after: $after) {
    __typename
    ... on JobEvent { cursor type jobId jobName state attempt progress result errorClass errorMessage nextAt: nextAttemptAt }
    ... on JobEventsSnapshot { cursor more jobs { ${jobFields} } }
    ... on JobEventsGap { cursor reason }
  }
}` as Document<{ jobEvents: JobMessage }, { filter: { correlationId: string }; after: string | undefined }>

export interface Page<Node> {
  nodes: Node[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

export interface PageVariables<Filter> {
  filter: Filter
  after: string | null
}

export const jobs = `query Jobs($filter: JobFilter, $after: String) {
  page: jobs(filter: $filter, first: 100, after: $after) {
    nodes { ${jobFields} }
    pageInfo { hasNextPage endCursor }
  }
}` as Document<{ page: Page<JobRow> }, PageVariables<{ correlationId: string }>>

export interface Message {
  channel: 'EMAIL' | 'WHATSAPP'
  state: 'CLAIMED' | 'ACCEPTED' | 'REJECTED' | 'UNKNOWN'
}

export interface LeadRow {
  id: string
  messages: Message[]
}

export const leads = `query Leads($filter: LeadFilter, $after: String) {
  page: leads(filter: $filter, first: 50, after: $after) {
    nodes { id messages { channel state } }
    pageInfo { hasNextPage endCursor }
  }
}` as Document<{ page: Page<LeadRow> }, PageVariables<{ tag: string }>>
