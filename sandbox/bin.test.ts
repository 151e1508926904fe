import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startReceiver } from '../test/support/sandbox-client.ts'

const entry = fileURLToPath(new URL('../bin/sandbox.ts', import.meta.url))

test('the process says ready when it serves, tells webhooks, and stops cleanly when asked', async () => {
  const receiver = await startReceiver()
  const env = {
    ...process.env,
    SANDBOX_MANDRILL_WEBHOOK_URL: receiver.url,
    SANDBOX_MANDRILL_WEBHOOK_KEY: 'k',
  }
  const child = fork(entry, { env, execArgv: [], stdio: 'pipe' })
  try {
    let printed = ''
    child.stdout?.on('data', (chunk) => {
      printed += chunk
    })
    expect((await once(child, 'message'))[0]).toBe('ready')
    await expect.poll(() => printed).toMatch(/http:\/\/127\.0\.0\.1:\d+/)
    const url = /http:\/\/[\d.:]+/.exec(printed)?.[0]
    const message = { from_email: 'a@example.com', to: [{ email: 'jane@example.com' }] }
    const body = JSON.stringify({ key: 'md-sandbox-key', message })
    expect((await fetch(`${url}/mandrill/api/1.0/messages/send`, { method: 'POST', body })).status).toBe(200)
    expect(await receiver.until(1)).toHaveLength(1)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
    await receiver.close()
  }
})
