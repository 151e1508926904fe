import {
  keyShape,
  rejectDeleteShape,
  rejectListShape,
  rejectShape,
  templateInfoShape,
  templateListShape,
  webhookIdShape,
  webhookShape,
} from './mandrill.account-shapes.ts'
import { refuse, refuseIssues } from './mandrill.errors.ts'
import { describe } from './mandrill.templates.ts'
import type { Account, Method } from './mandrill.ts'
import { isObject, read, type Shape } from './shape.ts'

/** The methods about the account: users/, templates/, rejects/ and webhooks/. */
export function accountMethods({ hooks, rejects, templates }: Account): Record<string, Method> {
  return {
    'users/ping2': (body) => check(keyShape, body) && { PING: 'PONG!' },
    'templates/list': (body) => templates.list(check(templateListShape, body).label),
    'templates/info': (body) => describe(templates.get(check(templateInfoShape, body).name)),
    'rejects/list': (body) => {
      const { email, subaccount } = check(rejectListShape, body)
      refuseSubaccount(subaccount)
      return rejects.list(email)
    },
    'rejects/add': (body) => {
      const { email, comment, subaccount } = check(rejectShape, body)
      refuseSubaccount(subaccount)
      return { email, added: rejects.add(email, 'custom', comment) }
    },
    'rejects/delete': (body) => {
      const { email, subaccount } = check(rejectDeleteShape, body)
      refuseSubaccount(subaccount)
      rejects.remove(email)
      return { email, deleted: true, subaccount: null }
    },
    'webhooks/list': (body) => check(keyShape, body) && hooks.list(),
    'webhooks/add': (body) => hooks.add(check(webhookShape, body)),
    'webhooks/info': (body) => hooks.get(idOf(body)),
    'webhooks/delete': (body) => hooks.remove(idOf(body)),
  }
}

function check<T>(shape: Shape<T>, body: unknown): T {
  return read(shape, body, refuseIssues)
}

/** A webhook's id is a number; digits in a text are taken too. */
function idOf(body: unknown): number {
  const isNumber = isObject(body) && Number.isInteger(body.id)
  return Number(check(webhookIdShape, isNumber ? { ...body, id: String(body.id) } : body).id)
}

function refuseSubaccount(id: string | undefined): void {
  if (id !== undefined) refuse('Unknown_Subaccount', `No subaccount exists with the id '${id}'`)
}
