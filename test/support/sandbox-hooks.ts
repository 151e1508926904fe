/** A sandbox whose webhooks all go to one receiver. */
import { onTestFinished } from 'vitest'
import type { SandboxOptions } from '../../sandbox/server.ts'
import { type Received, startReceiver, startTestSandbox } from './sandbox-client.ts'

/** `answers` are the statuses of the receiver's first answers. Both end with the test. */
export async function startToldSandbox(answers: number[] = [], settings: SandboxOptions['settings'] = {}) {
  const receiver = await startReceiver(answers)
  const { url } = receiver
  const webhooks = {
    mandrill: { url, key: 'hook-key' },
    whatsapp: { url, appSecret: 'app-secret' },
    mailchimp: { url, secret: 'mc-secret' },
    hubspot: { url, secret: 'hs-secret' },
    twenty: { url, secret: 'tw-secret' },
  }
  const quick = { webhookDelayMs: 20, webhookRetryMs: 30, ...settings }
  const sandbox = await startTestSandbox({ webhooks, settings: quick })
  onTestFinished(async () => {
    await sandbox.close()
    await receiver.close()
  })
  const happen = (vendor: string, event: object) =>
    sandbox.ask('POST', '/_sandbox/events', { vendor, ...event })
  return { ...sandbox, receiver, happen }
}
export type Told = Awaited<ReturnType<typeof startToldSandbox>>

/** The events of a Mandrill batch. */
export function mandrillEvents({ body }: Received) {
  return JSON.parse(new URLSearchParams(body).get('mandrill_events') ?? '[]')
}

/** Every change in a WhatsApp POST, whichever entry it is in. */
export function whatsappChanges({ body }: Received): ReturnType<typeof JSON.parse>[] {
  return JSON.parse(body).entry.flatMap((entry: { changes: unknown[] }) => entry.changes)
}
