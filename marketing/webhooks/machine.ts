/** Tells what machines open and click from what people do, as far as it shows. */

/**
 * Programs that fetch pictures and follow links by themselves: scanners of mail gateways, previews of messengers, scripts.
 * Google's and Yahoo's picture proxies are not among them: they fetch when the person opens the mail.
 */
const machines =
  /bot\b|crawler|spider|preview|facebookexternalhit|headless|barracuda|proofpoint|mimecast|symantec|fireeye|trendmicro|python|curl\/|wget\/|go-http-client|java\/|okhttp|libwww|node-fetch|axios|undici/i

/** Apple's Mail Privacy Protection fetches every picture, opened or not, and says no more than this. */
const appleProxy = /^Mozilla\/5\.0$/

/** Nobody reads and clicks so soon, in ms; a gateway that checks links does. */
const soonMs = 2_000

export interface Touch {
  kind: 'open' | 'click'
  at: Date
  userAgent: string | undefined
  /** When the mail was delivered, or sent if that is not known. */
  deliveredAt: Date | undefined
}

/** Whether a machine opened or clicked. What gives no sign counts as a person. */
export function isMachine({ kind, at, userAgent = '', deliveredAt }: Touch): boolean {
  if (appleProxy.test(userAgent.trim()) || machines.test(userAgent)) return true
  if (kind !== 'click' || !deliveredAt) return false
  return at.getTime() - deliveredAt.getTime() < soonMs
}
