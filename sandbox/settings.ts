/**
 * What a test may turn while the sandbox runs. Times in milliseconds, limits as the vendors
 * have them (integrations.md 3.1, 4.1, 5.5, 6.4); a limit of 0 is none.
 */
export const defaultSettings = {
  /** Answer time per vendor, spent after the effect. Mailchimp's makes its connection limit felt. */
  mailchimpLatencyMs: 5,
  mandrillLatencyMs: 0,
  whatsappLatencyMs: 0,
  hubspotLatencyMs: 0,
  twentyLatencyMs: 0,
  /** How long a sent mail stays invisible to messages/info and messages/search. */
  mandrillIndexDelayMs: 2000,
  /** How long a contact's change stays invisible to the CRM search. */
  hubspotIndexDelayMs: 1000,
  /** Between an effect and its webhook; the next event of the same message waits as long again. */
  webhookDelayMs: 100,
  /** Before a failed webhook is tried again (WhatsApp doubles it each time). */
  webhookRetryMs: 250,
  webhooksEnabled: true,
  /** Sends WhatsApp's statuses as read, delivered, sent. */
  reorderStatuses: false,
  /** Sends WhatsApp's statuses of one message in one POST. */
  batchStatuses: false,
  /** Delivers every webhook twice. */
  duplicateWebhooks: false,
  /** Share of delivered mails that are opened, 0 to 1. */
  openRate: 0,
  mailchimpConnections: 10,
  /** Requests per second and account (a rolling window); above it 429. 0 = no limit. */
  mailchimpPerSecond: 0,
  /** Above this many per second an empty 403 of the network in front of Mailchimp. 0 = never. */
  mailchimpCdnPerSecond: 0,
  /** How long a new campaign's recipients stay uncounted, so that it is not ready. */
  mailchimpCountMs: 300,
  /** How long a campaign is being sent. */
  mailchimpSendMs: 500,
  /** How long a batch takes at least, beside its operations. */
  mailchimpBatchMs: 200,
  /** How long the address of a batch's results is good for; Mailchimp's is ten minutes. */
  mailchimpBatchUrlMs: 600_000,
  /** Share of a sent campaign's mails that are opened and clicked, reached over so long a time. */
  mailchimpOpenRate: 0,
  mailchimpClickRate: 0,
  mailchimpReportGrowMs: 0,
  /** Without it campaigns can be neither scheduled nor cancelled. */
  mailchimpPaidPlan: true,
  mandrillSearchesPerMinute: 20,
  /** Calls a second with one key; Mandrill publishes no limit of its own. */
  mandrillPerSecond: 0,
  /** Whether the account may schedule mails, which needs a paid balance. */
  mandrillPaid: true,
  whatsappPerSecond: 80,
  /** Messages to one person may come in a burst; each of them costs the gap, to be waited for afterwards. */
  whatsappPairBurst: 45,
  whatsappPairGapMs: 6000,
  whatsappMediaUrlMs: 300_000,
  /** Answers 131047 and 131050 at once, not later by webhook; Meta does either. */
  whatsappRefusesAtOnce: false,
  /** Puts what happens within `webhookDelayMs` into one POST. */
  whatsappBatchWebhooks: false,
  hubspotPerTenSeconds: 100,
  hubspotPerSecond: 0,
  hubspotPerDay: 250_000,
  /** Life of an OAuth access token. */
  hubspotTokenSeconds: 1800,
  /** More than 0: every call is answered with 477 and this Retry-After. */
  hubspotMigrationSeconds: 0,
  hubspotSearchesPerSecond: 5,
  twentyPerMinute: 100,
}
export type Settings = typeof defaultSettings

/** Changes the given settings; answers with what is wrong, or null when all were taken. */
export function applySettings(settings: Settings, changes: Record<string, unknown>): string | null {
  for (const [name, value] of Object.entries(changes)) {
    const problem = settingProblem(name, value)
    if (problem) return problem
  }
  Object.assign(settings, changes)
  return null
}

function settingProblem(name: string, value: unknown): string | null {
  if (!Object.hasOwn(defaultSettings, name)) return `unknown setting ${name}`
  const expected = typeof defaultSettings[name as keyof Settings]
  if (typeof value !== expected) return `${name} must be a ${expected}`
  return typeof value === 'number' && !(value >= 0) ? `${name} must be 0 or more` : null
}
