/* The tabs GraphiQL opens with: one or two for each area of the API. server/graphiql.test.ts holds them against the schema. */

self.examples = [
  `# Creates a lead. Its job "lead.created" starts in the same transaction.
mutation CreateLead {
  createLead(
    input: {
      email: "anna@example.com"
      firstName: "Anna"
      locale: "es-ES"
      emailConsent: GRANTED
      idempotencyKey: "try-me-1"
    }
  ) {
    __typename
    ... on CreateLeadPayload {
      alreadyExisted
      lead { id email }
      job { id state }
    }
    ... on Error { code message }
    ... on LeadExistsError { lead { id email } }
    ... on InvalidInputError { issues { path message } }
  }
}`,
  `# What happens to jobs, live. Create a lead in the first tab and watch.
subscription WatchJobs {
  jobEvents(filter: { names: [LEAD_CREATED] }) {
    __typename
    ... on JobEvent { cursor type state at jobId attempt progress line errorMessage }
    ... on JobEventsSnapshot { cursor more jobs { id name state } }
    ... on JobEventsGap { cursor reason }
  }
}`,
  `# Did a lead get its messages, and why not? Put its id in the variables.
query Lead($id: ID!) {
  lead(id: $id) {
    email
    status
    messages { purpose channel state delivery reason }
    timeline { nodes { seq type at channel reason } }
    jobs { nodes { id name state error { class message } } }
  }
}`,
  `# Jobs that failed for good, newest first.
query DeadJobs {
  jobs(filter: { states: [DEAD] }, first: 20) {
    totalCount
    nodes {
      id
      name
      finishedAt
      error { class message }
      attemptHistory { run number outcome errorMessage }
    }
  }
}`,
  `# Starts a dead or cancelled job again. Put its id in the variables.
mutation RetryJob($id: ID!) {
  retryJob(input: { id: $id, reason: "Tried from GraphiQL" }) {
    __typename
    ... on JobPayload { job { id state run } }
    ... on Error { code message }
  }
}`,
  `# Messages whose answer was lost: nobody knows yet whether they were sent.
query UnknownMessages {
  messages(filter: { states: [UNKNOWN] }, first: 20) {
    totalCount
    nodes { id channel claimedAt reason lead { id email phone } }
  }
}`,
  `# Says that an UNKNOWN message was not sent, so that it is sent now (or SENT: it was). Put its id in the variables.
mutation ResolveMessage($id: ID!) {
  resolveMessage(input: { id: $id, outcome: NOT_SENT, reason: "Asked by phone" }) {
    __typename
    ... on ResolveMessagePayload { sentMessage { id state } job { id state } }
    ... on Error { code message }
  }
}`,
  `# The kinds of jobs there are, and how to start them.
query JobDefinitions {
  jobDefinitions { name description mutation permission startable attempts inputSchema }
}`,
  `# Finds leads by a part of their name, address or number, newest first.
query Leads {
  leads(first: 20, filter: { search: "anna" }) {
    totalCount
    nodes { id email phone status emailConsent whatsappConsent createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `# Changes a lead: what is left out stays. Put its id in the variables.
mutation UpdateLead($id: ID!) {
  updateLead(input: { id: $id, tags: ["vip"], reason: "Asked by phone" }) {
    __typename
    ... on UpdateLeadPayload { changed lead { id tags version } }
    ... on Error { code message }
  }
}`,
  `# Addresses nothing is sent to, and why.
query Suppressions {
  suppressions(first: 20) { totalCount nodes { address channel reason source at } }
}`,
  `# Campaigns and whom they go to.
query Campaigns {
  campaigns(first: 20) {
    nodes { id name state scheduledAt syncedAt recipients { audienceId segment { description } } }
  }
}`,
  `# Brings all campaigns and the audience in step with Mailchimp.
mutation SyncCampaigns {
  syncCampaigns(input: {}) {
    __typename
    ... on CampaignSyncPayload { job { id state } }
    ... on Error { code message }
  }
}`,
  `# What runs by the clock.
query Schedules {
  schedules(first: 20) { nodes { id name cronInWords timeZone nextRunAt pausedAt lastJob { id state } } }
}`,
  `# Numbers of a month, day by day.
query Stats {
  stats(range: { from: "2026-11-01", to: "2026-11-30" }, metrics: [CREATED, SENT], granularity: DAY) {
    ... on Stats {
      through
      points { day }
      total { metrics { metric total values } }
    }
    ... on Error { code message }
  }
}`,
  `# How the jobs of the last days did.
query JobStats {
  jobStats(range: { from: "2026-11-01T00:00:00Z", to: "2026-11-30T00:00:00Z" }, granularity: DAY) {
    name
    total { completed failedAttempts cancelled }
  }
}`,
  `# Vendor accounts: do calls go out, and what was the last error?
query Integrations {
  integrations { vendor breaker lastSuccessAt lastErrorAt quotas { requests milliseconds } }
}`,
  `# What vendors reported, and what became of it.
query WebhookReceipts {
  webhookReceipts(first: 20) { nodes { id vendor state receivedAt appliedAt job { id state } } }
}`,
  `# Are backups well? (Keys of the default workspace.)
query Backups {
  backupHealth { healthy problem nextRunAt lastVerifiedBackup { id finishedAt } }
  backups(first: 5) { nodes { id state startedAt finishedAt } }
}`,
  `# What a person said about being written to, when and where.
query ConsentHistory($id: ID!) {
  lead(id: $id) {
    emailConsent
    whatsappConsent
    consentHistory(first: 20) { nodes { channel from to at source wording } }
  }
}`,
  `# Who may do what. The secret of a key is shown once, by createApiKey.
query ApiKeys {
  apiKeys(first: 20) { nodes { id name role permissions state expiresAt lastUsedAt } }
}`,
  `# Who did what, newest first.
query AuditLog {
  auditLog(first: 20) { nodes { at action targetId reason } }
}`,
]
