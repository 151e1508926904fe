/** Mailchimp's webhooks on their way: one signed form per event, tried again until it is taken. */
import { formOf, type Happening } from './mailchimp.happenings.ts'
import type { Settings } from './settings.ts'
import { signMailchimp } from './signatures.ts'
import { type Courier, createLine, isSuccess, type Parcel, type Webhooks } from './webhooks.ts'

export type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
/** A receiver of webhooks. A secret of null leaves them unsigned; a disabled one gets nothing any more. */
export type Target = { url: string; secret: string | null; disabled: boolean }
export type Post = (event: Pick<Happening, 'firedAt' | 'data'> & { type: string }) => void

const ATTEMPTS = 10

/** Sends events to one target in order. An answer of 410 disables the target for good. */
export function createPost(around: Surroundings, target: () => Target | undefined): Post {
  const { courier, settings } = around
  const send = createLine<string>(courier, {
    most: 1,
    pack: ([body]) => parcel(target(), body),
    attempts: ATTEMPTS,
    waitMs: (attempt) => settings.webhookRetryMs * attempt,
    accepts: (status) => isSuccess(status) || isGone(target(), status),
  })
  return (event) => {
    if (!settings.webhooksEnabled || !target() || target()?.disabled) return
    const body = formOf(event)
    courier.later(settings.webhookDelayMs, () => send(body))
  }
}

function isGone(target: Target | undefined, status: number): boolean {
  if (target && status === 410) target.disabled = true
  return status === 410
}

function parcel(target: Target | undefined, body = ''): Parcel | undefined {
  if (!target || target.disabled) return undefined
  const now = Math.floor(Date.now() / 1000)
  const signature = target.secret && { 'x-mailchimp-signature': signMailchimp(target.secret, body, now) }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(signature || {}) }
  return { vendor: 'mailchimp', url: target.url, headers, body }
}

/**
 * The one target of the control API: it hears of everything but what the API itself did, like an
 * audience's webhook with `sources.api: false`.
 */
export function createGlobalPost(around: Surroundings): (happening: Happening) => void {
  let disabledUrl = ''
  const target = (): Target | undefined => {
    const { mailchimp } = around.webhooks
    return (
      mailchimp && {
        ...mailchimp,
        get disabled() {
          return disabledUrl === mailchimp.url
        },
        set disabled(isDisabled) {
          disabledUrl = isDisabled ? mailchimp.url : ''
        },
      }
    )
  }
  const post = createPost(around, target)
  return (happening) => {
    if (happening.source !== 'api') post(happening)
  }
}
