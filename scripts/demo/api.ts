import { setTimeout as sleep } from 'node:timers/promises'
import type { Document, Page, PageVariables } from './operations.ts'

export interface Api {
  /** Runs a query or mutation; it is repeated while the API cannot be reached, so mutations need idempotency keys. */
  ask<Answer, Variables>(document: Document<Answer, Variables>, variables: Variables): Promise<Answer>
  /** Everything a list holds, page by page. */
  all<Node, Filter>(
    document: Document<{ page: Page<Node> }, PageVariables<Filter>>,
    filter: Filter,
  ): Promise<Node[]>
}

export interface ApiSettings {
  url: string
  key: string
  /** Comes back on every job that a request starts. */
  correlationId: string
  signal: AbortSignal
}

/** Long enough for an API that restarts. */
const tries = 60
const pauseMs = 1_000

class NotReached extends Error {}

/** The API over HTTP. */
export function openApi(settings: ApiSettings): Api {
  async function ask<Answer, Variables>(document: Document<Answer, Variables>, variables: Variables) {
    for (let n = 1; ; n++) {
      try {
        return await post<Answer>(settings, { query: document, variables })
      } catch (error) {
        if (!(error instanceof NotReached) || n === tries) throw error
        await sleep(pauseMs, undefined, { signal: settings.signal })
      }
    }
  }
  async function all<Node, Filter>(
    document: Document<{ page: Page<Node> }, PageVariables<Filter>>,
    filter: Filter,
  ) {
    const nodes: Node[] = []
    for (let after: string | null = null; ; ) {
      const { page }: { page: Page<Node> } = await ask(document, { filter, after })
      nodes.push(...page.nodes)
      if (!page.pageInfo.hasNextPage) return nodes
      after = page.pageInfo.endCursor
    }
  }
  return { ask, all }
}

async function post<Answer>(settings: ApiSettings, body: unknown): Promise<Answer> {
  const { status, text } = await send(settings, body)
  if (status >= 500) throw new NotReached(`${settings.url} answered ${status}: ${text.slice(0, 300)}`)
  const { data, errors } = JSON.parse(text) as { data: Answer; errors?: { message: string }[] }
  if (errors) throw new Error(`${settings.url} answered: ${errors.map(({ message }) => message).join('; ')}`)
  return data
}

async function send({ url, key, correlationId, signal }: ApiSettings, body: unknown) {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'x-correlation-id': correlationId,
  }
  try {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    signal.throwIfAborted()
    throw new NotReached(`${url} cannot be reached: ${(error as Error).message}`)
  }
}
