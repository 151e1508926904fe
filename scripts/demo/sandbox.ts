/** The control API of the vendors' stand-ins; see sandbox/README.md. */
export interface Sandbox {
  /** Any other call of the control API. */
  call<Answer>(method: string, path: string, body?: unknown): Promise<Answer>
  addFault(order: FaultOrder): Promise<string>
  /** Takes a fault back and says how often it struck. */
  removeFault(id: string): Promise<number>
  sends(): Promise<Sends>
}

type Vendor = 'mailchimp' | 'mandrill' | 'whatsapp' | 'hubspot'

export interface FaultOrder {
  vendor: Vendor
  match?: { path: string }
  times: number
  probability: number
  seed: number
  action: { status?: number; headers?: Record<string, string>; drop?: 'after' }
}

export interface Sends {
  sends: { vendor: Vendor; recipient: string }[]
  /** Those who got the same message more than once. */
  duplicates: { vendor: Vendor; recipient: string; count: number }[]
}

export function openSandbox(url: string): Sandbox {
  const call = (method: string, path: string, body?: unknown) =>
    control(`${url}/_sandbox${path}`, method, body)
  return {
    call: async <Answer>(method: string, path: string, body?: unknown) =>
      (await call(method, path, body)) as Answer,
    addFault: async (order) => ((await call('POST', '/faults', order)) as { id: string }).id,
    async removeFault(id) {
      const { hits } = (await call('GET', `/faults/${id}`)) as { hits: number }
      await call('DELETE', `/faults/${id}`)
      return hits
    },
    sends: async () => (await call('GET', '/sends')) as Sends,
  }
}

async function control(url: string, method: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : null })
  const text = await response.text()
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${method} ${url}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
