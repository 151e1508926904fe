import type { Plugin } from 'graphql-yoga'
import { createCounter } from './address.ts'
import type { EdgeContext } from './edge-context.ts'
import { apiError } from './errors.ts'
import type { Keyring } from './keyring.ts'

/** The subscriptions of this process, so that they can be ended from outside. */
export interface Live {
  plugin: Plugin<EdgeContext>
  /** Completes them all; clients with SSE see the end of their stream. */
  endAll(): void
}

/** Keeps track of running subscriptions. One over SSE ends with its key; over WebSocket the socket is closed instead. */
export function trackSubscriptions(keyring: Keyring, maxPerKey: number): Live {
  const ends = new Set<() => void>()
  const perKey = createCounter(maxPerKey)

  function track(source: AsyncIterable<unknown>, { caller, socket }: EdgeContext): AsyncIterable<unknown> {
    let unwatch: (() => void) | undefined
    const live = endable(source, () => {
      ends.delete(live.end)
      unwatch?.()
      if (caller) perKey.leave(caller.id)
    })
    ends.add(live.end)
    if (caller && !socket) unwatch = keyring.watch(caller, live.end)
    return live.iterator
  }

  /** Takes the key's place before anything is opened, so that thousands at once do not all find one. */
  async function open(context: EdgeContext, subscribe: () => unknown): Promise<unknown> {
    const keyId = context.caller?.id ?? ''
    if (!perKey.enter(keyId))
      return {
        errors: [apiError('TOO_MANY_SUBSCRIPTIONS', `The key holds ${maxPerKey} subscriptions already`)],
      }
    let result: unknown
    try {
      result = await subscribe()
      return isAsyncIterable(result) ? track(result, context) : result
    } finally {
      if (!isAsyncIterable(result)) perKey.leave(keyId)
    }
  }

  return {
    plugin: {
      onSubscribe: ({ args, subscribeFn, setSubscribeFn }) => {
        const context = args.contextValue as EdgeContext
        setSubscribeFn((given: unknown) => open(context, () => subscribeFn(given as never)) as never)
      },
    },
    endAll: () => {
      for (const end of ends) end()
    },
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/**
 * An iterator over `source` that can be ended while a reader waits on it.
 * @param onEnd called once, however it ended
 */
function endable(
  source: AsyncIterable<unknown>,
  onEnd: () => void,
): { iterator: AsyncIterableIterator<unknown>; end: () => void } {
  const inner = source[Symbol.asyncIterator]()
  const over = { done: true, value: undefined } as const
  const waiting = new Set<(result: IteratorResult<unknown>) => void>()
  let open = true

  function finish(): void {
    if (!open) return
    open = false
    for (const resolve of waiting) resolve(over)
    onEnd()
  }
  function end(): void {
    finish()
    void inner.return?.()
  }
  function next(): Promise<IteratorResult<unknown>> {
    if (!open) return Promise.resolve(over)
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>()
    waiting.add(resolve)
    inner.next().then(
      (result) => {
        waiting.delete(resolve)
        resolve(result)
        if (result.done) finish()
      },
      (error: unknown) => {
        waiting.delete(resolve)
        reject(error)
        finish()
      },
    )
    return promise
  }
  const iterator: AsyncIterableIterator<unknown> = {
    [Symbol.asyncIterator]: () => iterator,
    next,
    return: async () => {
      end()
      return over
    },
    throw: async (error) => {
      end()
      throw error
    },
  }
  return { iterator, end }
}
