import { randomBytes } from 'node:crypto'
import type { Settings } from './settings.ts'
import { signTwenty } from './signatures.ts'
import type { Change } from './twenty.records.ts'
import { type Courier, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }

const ATTEMPTS = 4
const WORKSPACE_ID = '20202020-1c25-4d02-bf25-6aeccf7ea419'

/** One signed POST per change, with what the documentation shows and the names that Twenty's server adds (integrations.md 7). */
export function createTwentyHook({ settings, courier, webhooks }: Surroundings) {
  return ({ name, action, row, fields }: Change): void => {
    if (!settings.webhooksEnabled || !webhooks.twenty) return
    const timestamp = new Date().toISOString()
    const body = JSON.stringify({
      ...{ event: `${name}.${action}`, data: row, timestamp, eventDate: timestamp },
      objectMetadata: { nameSingular: name },
      workspaceId: WORKSPACE_ID,
      ...(action === 'updated' ? { updatedFields: fields } : {}),
    })
    courier.later(settings.webhookDelayMs, () => {
      void courier.deliver(() => parcel(webhooks, body), {
        attempts: ATTEMPTS,
        waitMs: (attempt) => settings.webhookRetryMs * attempt,
        accepts: isSuccess,
      })
    })
  }
}

function parcel({ twenty }: Webhooks, body: string): Parcel | undefined {
  if (!twenty) return undefined
  const timestamp = Date.now()
  const headers = {
    'content-type': 'application/json',
    'x-twenty-webhook-timestamp': String(timestamp),
    'x-twenty-webhook-nonce': randomBytes(16).toString('hex'),
    'x-twenty-webhook-signature': signTwenty(twenty.secret, body, timestamp),
  }
  return { vendor: 'twenty', url: twenty.url, headers, body }
}
