/** Starts the vendor sandbox from its own SANDBOX_* variables; see sandbox/server.ts. */
import { startSandbox } from '../sandbox/server.ts'
import type { Webhooks } from '../sandbox/webhooks.ts'

const { env } = process

function webhooksFromEnv(): Webhooks {
  const webhooks: Webhooks = {}
  const set = (url: string | undefined, secret: string | undefined) =>
    url && secret ? { url, secret } : undefined
  const mailchimp = set(env.SANDBOX_MAILCHIMP_WEBHOOK_URL, env.SANDBOX_MAILCHIMP_WEBHOOK_SECRET)
  const mandrill = set(env.SANDBOX_MANDRILL_WEBHOOK_URL, env.SANDBOX_MANDRILL_WEBHOOK_KEY)
  const whatsapp = set(env.SANDBOX_WHATSAPP_WEBHOOK_URL, env.SANDBOX_WHATSAPP_APP_SECRET)
  const hubspot = set(env.SANDBOX_HUBSPOT_WEBHOOK_URL, env.SANDBOX_HUBSPOT_CLIENT_SECRET)
  const twenty = set(env.SANDBOX_TWENTY_WEBHOOK_URL, env.SANDBOX_TWENTY_WEBHOOK_SECRET)
  if (mailchimp) webhooks.mailchimp = mailchimp
  if (mandrill) webhooks.mandrill = { url: mandrill.url, key: mandrill.secret }
  if (whatsapp) webhooks.whatsapp = { url: whatsapp.url, appSecret: whatsapp.secret }
  if (hubspot) webhooks.hubspot = hubspot
  if (twenty) webhooks.twenty = twenty
  return webhooks
}

const sandbox = await startSandbox({
  port: Number(env.SANDBOX_PORT ?? 0),
  webhooks: webhooksFromEnv(),
  settings: { openRate: Number(env.SANDBOX_OPEN_RATE ?? 0) },
})

async function stop(): Promise<void> {
  await sandbox.close()
  process.exit(0)
}

process.once('SIGINT', () => void stop())
process.once('SIGTERM', () => void stop())
process.stdout.write(`vendor sandbox on ${sandbox.url}/_sandbox\n`)
process.send?.('ready')
