/** WhatsApp Cloud API: sends messages, keeps files, and reports what became of both (integrations.md 5). */
import { createHmac } from 'node:crypto'
import { bearer, type Call, Refusal, type VendorApi } from './exchange.ts'
import { figuresOf } from './figures.ts'
import { createConnections, createRate } from './limits.ts'
import { dispatch, on, type Route } from './routes.ts'
import type { Settings } from './settings.ts'
import type { Courier, Webhooks } from './webhooks.ts'
import { createSubscription, describePhone, templatePage } from './whatsapp.account.ts'
import { failure, graphError, refuse } from './whatsapp.errors.ts'
import { act } from './whatsapp.events.ts'
import { createMedia } from './whatsapp.media.ts'
import { createMessages } from './whatsapp.messages.ts'
import { createPairs } from './whatsapp.pairs.ts'
import { createPeople } from './whatsapp.people.ts'
import { post } from './whatsapp.send.ts'
import type { TemplateAddition } from './whatsapp.template-shapes.ts'
import { createTemplates } from './whatsapp.templates.ts'
import { createWhatsAppHook } from './whatsapp.webhooks.ts'

type Surroundings = { settings: Settings; courier: Courier; webhooks: Webhooks }
export type Account = ReturnType<typeof createAccount>

const VERSION = '/v\\d+\\.\\d+'

function createAccount(around: Surroundings) {
  const subscription = createSubscription()
  return {
    ...around,
    subscription,
    messages: createMessages(),
    people: createPeople(),
    media: createMedia(around.settings),
    templates: createTemplates(),
    hook: createWhatsAppHook({ ...around, isSubscribed: subscription.isSubscribed }),
    connections: createConnections(),
    perSecond: createRate(1000),
    pairs: createPairs(),
  }
}

export function createWhatsApp(
  around: Surroundings,
): VendorApi & { addTemplate(template: TemplateAddition): void } {
  const account = createAccount(around)
  const routes = routesOf(account)
  const unknown = () =>
    graphError(100, { message: 'Unsupported request - no such object or edge', subcode: 33 })

  return {
    handle(call) {
      authenticate(call)
      checkProof(call, bearer(call.headers), around.webhooks.whatsapp?.appSecret)
      return dispatch(routes, call, { notFound: unknown, notAllowed: unknown })
    },
    failure,
    credential: (call) => bearer(call.headers),
    addTemplate: account.templates.add,
    enter: (call) => account.connections.enter(bearer(call.headers), 0) ?? (() => {}),
    limits: () =>
      figuresOf({
        connections: account.connections,
        perSecond: account.perSecond,
        perRecipient: account.pairs,
      }),
    act: (event) => act(account, event),
    state: () => ({
      templates: account.templates.all().map(({ name, language }) => `${name} (${language})`),
      templateStatuses: account.templates
        .all()
        .map(({ name, language, status }) => ({ name, language, status })),
      messagesByRecipient: Object.groupBy(account.messages.all(), ({ waId, userId }) => waId ?? userId),
      media: account.media.ids(),
      subscribed: account.subscription.isSubscribed(),
    }),
    sends: account.messages.sends,
  }
}

function routesOf(account: Account): Route[] {
  const { media, templates, subscription } = account
  return [
    on('POST', `${VERSION}/:phone/messages`, (call, phone) => post(account, phone!, parsed(call.body))),
    on('POST', `${VERSION}/:phone/media`, (call, phone) => media.upload(call, phone!)),
    on('GET', '/media', (call) => media.download(call)),
    on('GET', `${VERSION}/:waba/message_templates`, (call, waba) =>
      templatePage(templates.all(), waba!, call.query),
    ),
    on('GET', `${VERSION}/:waba/subscribed_apps`, subscription.list),
    on('POST', `${VERSION}/:waba/subscribed_apps`, () => subscription.set(true)),
    on('DELETE', `${VERSION}/:waba/subscribed_apps`, () => subscription.set(false)),
    on('GET', `${VERSION}/:id`, (call, id) =>
      media.isId(id!) ? media.describe(call, id!) : describePhone(id!, call.query),
    ),
    on('DELETE', `${VERSION}/:id`, (call, id) => media.remove(call, id!)),
  ]
}

/** A request may prove that it knows the app's secret; a wrong proof is refused. */
function checkProof({ query }: Call, token: string, secret: string | undefined): void {
  const proof = query.get('appsecret_proof')
  if (proof === null || secret === undefined) return
  if (proof === createHmac('sha256', secret).update(token).digest('hex')) return
  throw new Refusal(graphError(100, { message: 'Invalid appsecret_proof provided in the API argument' }))
}

/** `bad…`, `expired…` and `scopeless…` are tokens that do not pass, each for its own reason. */
function authenticate(call: Call): void {
  const token = bearer(call.headers)
  if (token.startsWith('expired')) {
    const message = 'Error validating access token: Session has expired.'
    throw new Refusal(graphError(190, { message, subcode: 463 }))
  }
  if (token === '' || token.startsWith('bad')) throw new Refusal(graphError(190))
  if (token.startsWith('scopeless')) throw new Refusal(graphError(10))
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return refuse(100, 'The request body is not valid JSON')
  }
}
