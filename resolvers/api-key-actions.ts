import {
  ApiKeyEndedError,
  ApiKeyReplacedError,
  LastAdminKeyError,
  PermissionExceededError,
} from '../access/errors.ts'
import type { KeyPlace, KeyRow } from '../access/key-rules.ts'
import {
  createKey,
  type IssuedKey,
  type KeyManager,
  revokeKey,
  rotateKey,
  setKeyExpiry,
} from '../access/keys.ts'
import { type Permission, permissions, type Role } from '../entities/api-key.ts'
import type { Em } from '../entities/index.ts'
import { Workspace } from '../entities/workspace.ts'
import { InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import type { Api } from '../schema/api.ts'
import { forbidden, type InputFields } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'

const authScopes = { permission: 'workspace:admin' } as const
const dayMs = 86_400_000

/** Making, rotating and ending keys of the API. */
export function apiKeyActions(api: Api): void {
  issuing(api)
  ending(api)
}

const reason = (t: InputFields) => t.string({ description: 'Why; kept with the action.' })

function issuing(api: Api): void {
  const { builder } = api
  const { CreateApiKeyPayload, RotateApiKeyPayload } = payloads(api)
  const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
    description: 'A new key. It can do no more than the key that makes it.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Who or what will use it.' }),
      role: t.field({ type: api.Role, required: true, description: 'What it may do at most.' }),
      scopes: t.stringList({
        description: 'Permissions to narrow the role to, e.g. `leads:write`; left out: all of the role.',
      }),
      expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself; left out: never.' }),
      workspaceId: t.id({
        description: 'Another workspace, e.g. one without keys; takes the permission `installation:admin`.',
      }),
      reason: reason(t),
    }),
  })
  const RotateApiKeyInput = builder.inputType('RotateApiKeyInput', {
    description: 'Which key gets a successor.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Id of the key.' }),
      oldExpiresAt: t.field({
        type: 'DateTime',
        description:
          'Until when the old key stays good; left out: for 24 hours. A time that has passed ends it at once.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description:
          'When the new key ends by itself; left out: it lives as long as the old one was meant to.',
      }),
      reason: reason(t),
    }),
  })
  builder.mutationFields((t) => ({
    createApiKey: t.field({
      type: CreateApiKeyPayload,
      description: 'Makes a key. Its secret is in the answer and never shown again.',
      authScopes,
      args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
      errors: { types: [InvalidInputError, NotFoundError, PermissionExceededError] },
      resolve: (_, { input }, context) => create(context, input),
    }),
    rotateApiKey: t.field({
      type: RotateApiKeyPayload,
      description:
        'Makes a key like another, which stays good for a while so that its users can change over.',
      authScopes,
      args: { input: t.arg({ type: RotateApiKeyInput, required: true, description: 'Which key.' }) },
      errors: {
        types: [
          NotFoundError,
          InvalidInputError,
          ApiKeyEndedError,
          ApiKeyReplacedError,
          PermissionExceededError,
        ],
      },
      resolve: (_, { input }, context) => {
        const now = new Date()
        const { id, expiresAt } = input
        const oldExpiresAt = input.oldExpiresAt ?? new Date(now.getTime() + dayMs)
        return own(context, input.reason, (em, by, place) =>
          rotateKey(em, by, place, { id, oldExpiresAt, expiresAt: expiresAt ?? undefined }, now),
        )
      },
    }),
  }))
}

function ending({ builder, ApiKey }: Api): void {
  const ApiKeyPayload = builder.objectRef<{ apiKey: KeyRow }>('ApiKeyPayload').implement({
    description: 'A key that was changed.',
    fields: (t) => ({ apiKey: t.expose('apiKey', { type: ApiKey, description: 'The key as it is now.' }) }),
  })
  const ends = (t: InputFields) => ({
    id: t.id({ required: true, description: 'Id of the key.' }),
    evenIfLast: t.boolean({
      description: 'Also when nobody could look after the workspace’s keys any more. Default false.',
    }),
    reason: reason(t),
  })
  const SetApiKeyExpiryInput = builder.inputType('SetApiKeyExpiryInput', {
    description: 'When a key ends by itself.',
    fields: (t) => ({
      ...ends(t),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'Left out or null: it does not expire. A time that has passed ends it at once.',
      }),
    }),
  })
  const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
    description: 'Which key ends.',
    fields: ends,
  })
  builder.mutationFields((t) => ({
    setApiKeyExpiry: t.field({
      type: ApiKeyPayload,
      description: 'Says when a key ends by itself. One that has ended stays so.',
      authScopes,
      args: { input: t.arg({ type: SetApiKeyExpiryInput, required: true, description: 'Which, and when.' }) },
      errors: { types: [NotFoundError, ApiKeyEndedError, LastAdminKeyError, PermissionExceededError] },
      resolve: async (_, { input }, context) => {
        const expiry = {
          id: input.id,
          expiresAt: input.expiresAt ?? null,
          evenIfLast: input.evenIfLast === true,
        }
        return own(context, input.reason, async (em, by, place) => ({
          apiKey: await setKeyExpiry(em, by, place, expiry, new Date()),
        }))
      },
    }),
    revokeApiKey: t.field({
      type: ApiKeyPayload,
      description: 'Ends a key for good, within seconds on open connections too.',
      authScopes,
      args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'Which key.' }) },
      errors: { types: [NotFoundError, LastAdminKeyError] },
      resolve: (_, { input }, context) => {
        const revocation = { id: input.id, evenIfLast: input.evenIfLast === true }
        return own(context, input.reason, async (em, by, place) => ({
          apiKey: await revokeKey(em, by, place, revocation, new Date()),
        }))
      },
    }),
  }))
}

interface CreateInput {
  name: string
  role: Role
  scopes?: string[] | null | undefined
  expiresAt?: Date | null | undefined
  workspaceId?: string | null | undefined
  reason?: string | null | undefined
}

function create(context: Context, input: CreateInput): Promise<IssuedKey> {
  const { name, role, expiresAt = null } = input
  const wish = { name, role, expiresAt, scopes: readScopes(input.scopes) }
  return own(context, input.reason, async (em, by, place) => {
    const there = await placeOf(em, context, place, input.workspaceId)
    return createKey(em, by, there, wish, new Date())
  })
}

/** @throws InvalidInputError */
function readScopes(scopes: string[] | null | undefined): Permission[] | null {
  if (!scopes) return null
  const issues = scopes.flatMap((scope, index) =>
    (permissions as readonly string[]).includes(scope)
      ? []
      : [{ path: `scopes.${index}`, message: `is no permission; there are: ${permissions.join(', ')}` }],
  )
  if (issues.length > 0) throw new InvalidInputError(issues)
  return scopes as Permission[]
}

/** Does something to keys of the caller's workspace, in one transaction. */
function own<T>(
  { ledger, actor, caller }: Context,
  reason: string | null | undefined,
  work: (em: Em, by: KeyManager, place: KeyPlace) => Promise<T>,
): Promise<T> {
  const by = { actor, permissions: caller.permissions, reason }
  const place = { workspaceId: caller.workspaceId, isDefault: caller.inDefaultWorkspace }
  return ledger.transaction((em) => work(em, by, place))
}

/** Where a new key belongs. @throws NotFoundError */
async function placeOf(
  em: Em,
  { caller }: Context,
  home: KeyPlace,
  workspaceId: string | null | undefined,
): Promise<KeyPlace> {
  if (!workspaceId || workspaceId === home.workspaceId) return home
  if (!caller.permissions.has('installation:admin'))
    throw forbidden('A key for another workspace takes the permission installation:admin')
  if ((await em.count(Workspace, { id: workspaceId })) === 0) throw new NotFoundError(workspaceId)
  return { workspaceId, isDefault: false }
}

function payloads({ builder, ApiKey }: Api) {
  const secret = { description: 'The secret. It is shown this once.' }
  const CreateApiKeyPayload = builder.objectRef<IssuedKey>('CreateApiKeyPayload').implement({
    description: 'A new key and its secret.',
    fields: (t) => ({
      apiKey: t.field({ type: ApiKey, description: 'The new key.', resolve: ({ key }) => key }),
      secret: t.exposeString('secret', secret),
    }),
  })
  const RotateApiKeyPayload = builder
    .objectRef<IssuedKey & { old: KeyRow }>('RotateApiKeyPayload')
    .implement({
      description: 'A key, its successor, and the secret of that one.',
      fields: (t) => ({
        apiKey: t.field({ type: ApiKey, description: 'The new key.', resolve: ({ key }) => key }),
        secret: t.exposeString('secret', secret),
        old: t.expose('old', { type: ApiKey, description: 'The key it takes the place of.' }),
      }),
    })
  return { CreateApiKeyPayload, RotateApiKeyPayload }
}
