/** An audience's webhooks, and those that tell of finished batches (integrations.md 3.7). */
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { Refusal } from './exchange.ts'
import { eventNames, type Happening, sourceNames } from './mailchimp.happenings.ts'
import { problem, refuseFields } from './mailchimp.problems.ts'
import {
  createGlobalPost,
  createPost,
  type Post,
  type Surroundings,
  type Target,
} from './mailchimp.webhooks.ts'
import { flag, type Of, object, text } from './shape.ts'

const url = text({ pattern: /^https?:\/\/\S+$/, message: 'should be a valid URL' })
const flagsOf = (names: readonly string[]) =>
  object({}, Object.fromEntries(names.map((name) => [name, flag])))
const choices = { events: flagsOf(eventNames), sources: flagsOf(sourceNames) }
export const hookShape = object({ url }, choices)
export const hookPatchShape = object({}, { url, ...choices })
export const batchHookShape = object({ url }, { enabled: flag })
type HookOrder = Of<typeof hookShape>
type Flags = Record<string, boolean>

type Hook = Target & { id: string; listId: string; events: Flags; sources: Flags; post: Post }
type BatchHook = Target & { id: string; enabled: boolean; post: Post }

const CHECK_TIMEOUT_MS = 3000
const BATCH_HOOKS_MOST = 20

/** Tells every webhook that wants to know; creates webhooks only where somebody answers. */
export function createHooks(around: Surroundings) {
  const hooks = new Map<string, Hook>()
  const batchHooks = new Map<string, BatchHook>()
  const tellGlobal = createGlobalPost(around)

  function get(listId: string, id: string): Hook {
    const hook = hooks.get(id)
    if (hook?.listId !== listId) throw new Refusal(problem(404))
    return hook
  }

  async function add(listId: string, order: HookOrder): Promise<Hook> {
    refuseSecond(
      [...hooks.values()].filter((hook) => hook.listId === listId),
      order.url,
    )
    await checkUrl(order.url)
    const target: Target = { url: order.url, secret: newSecret(), disabled: false }
    const flags = {
      events: allFlags(eventNames, order.events),
      sources: allFlags(sourceNames, order.sources),
    }
    const hook: Hook = Object.assign(target, {
      id: newId(),
      listId,
      ...flags,
      post: createPost(around, () => target),
    })
    hooks.set(hook.id, hook)
    return hook
  }

  return {
    get,
    add,
    of: (listId: string) => [...hooks.values()].filter((hook) => hook.listId === listId),
    all: () => [...hooks.values()],
    async change(listId: string, id: string, { url = '', events, sources }: Partial<HookOrder>) {
      const hook = get(listId, id)
      if (url !== '') await checkUrl(url)
      Object.assign(hook, url === '' ? {} : { url })
      Object.assign(hook.events, events)
      Object.assign(hook.sources, sources)
      return hook
    },
    remove(listId: string, id: string): void {
      get(listId, id).disabled = true
      hooks.delete(id)
    },
    tell(happening: Happening): void {
      tellGlobal(happening)
      for (const hook of hooks.values()) if (wants(hook, happening)) hook.post(happening)
    },
    batch: createBatchHooks(around, batchHooks),
  }
}
export type Hooks = ReturnType<typeof createHooks>

function createBatchHooks(around: Surroundings, hooks: Map<string, BatchHook>) {
  const get = (id: string): BatchHook => {
    const hook = hooks.get(id)
    if (!hook) throw new Refusal(problem(404))
    return hook
  }
  return {
    get,
    async add({ url, enabled = true }: Of<typeof batchHookShape>): Promise<BatchHook> {
      if (hooks.size >= BATCH_HOOKS_MOST)
        refuseFields([{ field: 'url', message: 'There are 20 batch webhooks already' }])
      refuseSecond([...hooks.values()], url)
      await checkUrl(url)
      const target: Target = { url, secret: null, disabled: false }
      const hook: BatchHook = Object.assign(target, {
        id: newId(),
        enabled,
        post: createPost(around, () => target),
      })
      hooks.set(hook.id, hook)
      return hook
    },
    all: () => [...hooks.values()],
    remove: (id: string) => hooks.delete(get(id).id),
    tell(data: Record<string, string>): void {
      const event = { type: 'batch_operation_completed', firedAt: new Date(), data }
      for (const hook of hooks.values()) if (hook.enabled) hook.post(event)
    },
  }
}

function wants({ listId, events, sources }: Hook, happening: Happening): boolean {
  if (listId !== happening.listId || events[happening.type] !== true) return false
  return happening.source === null || sources[happening.source] === true
}

/** What is not asked for is off: Mailchimp does not document what it would be. */
function allFlags(names: readonly string[], given: { [name: string]: boolean | undefined } = {}): Flags {
  return Object.fromEntries(names.map((name) => [name, given[name] ?? false]))
}

/** A webhook as the API shows it; the secret only in the answer that creates it. */
export function describedHook({ id, url, events, sources, listId }: Hook) {
  return { id, url, events, sources, list_id: listId, signing_enabled: true }
}

export function describedBatchHook({ id, url, enabled }: BatchHook) {
  return { id, url, enabled }
}

function refuseSecond(present: { url: string }[], url: string): void {
  if (!present.some((hook) => hook.url === url)) return
  refuseFields([{ field: 'url', message: "Sorry, you can't set up multiple WebHooks for one URL" }])
}

/** Mailchimp visits the URL before it believes in it. */
async function checkUrl(url: string): Promise<void> {
  for (const method of ['GET', 'HEAD']) {
    const status = await visit(url, method)
    if (status >= 200 && status < 300) continue
    refuseFields([
      {
        field: 'url',
        message: `We couldn't verify the URL: ${method} was answered with ${status || 'nothing'}`,
      },
    ])
  }
}

/** The status of the answer; 0 = none, which is also what an https URL gets here. */
function visit(url: string, method: string): Promise<number> {
  if (!url.startsWith('http://')) return Promise.resolve(0)
  return new Promise((resolve) => {
    const request = http.request(url, { method }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    request.setTimeout(CHECK_TIMEOUT_MS, () => request.destroy(new Error('no answer in time')))
    request.once('error', () => resolve(0))
    request.end()
  })
}

const newId = () => randomBytes(5).toString('hex')
const newSecret = () => `mc_whsec_${randomBytes(16).toString('hex')}`
