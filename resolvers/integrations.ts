import { InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import type { Api } from '../schema/api.ts'
import type { TestOutcome } from '../schema/vendor-accounts.ts'

/** The workspace's vendor accounts: reading and live. */
export function integrationQueries({ builder, Integration }: Api): void {
  builder.queryField('integrations', (t) =>
    t.field({
      type: [Integration],
      description: 'The workspace’s vendor accounts.',
      authScopes: { permission: 'jobs:read' },
      resolve: (_, __, { integrations, workspaceId }) => integrations.list(workspaceId),
    }),
  )
  builder.subscriptionField('integrationEvents', (t) =>
    t.field({
      type: Integration,
      description:
        'Every account once, then each whenever something about it changes, at most once a second.',
      authScopes: { permission: 'jobs:read' },
      subscribe: (_, __, { integrations, workspaceId }) => integrations.watch(workspaceId),
      resolve: (integration) => integration,
    }),
  )
}

/** What administrators and operators do with vendor accounts. */
export function integrationActions(api: Api): void {
  connecting(api)
  operating(api)
}

function connecting({ builder, Integration, Vendor }: Api): void {
  const ConnectIntegrationInput = builder.inputType('ConnectIntegrationInput', {
    fields: (t) => ({
      vendor: t.field({ type: Vendor, required: true }),
      settings: t.field({
        type: 'JSON',
        description: 'What is no secret; docs/integrations names the fields.',
      }),
      credentials: t.field({
        type: 'JSON',
        required: true,
        description: 'Encrypted at once, and never shown again.',
      }),
    }),
  })
  builder.mutationField('connectIntegration', (t) =>
    t.field({
      type: Integration,
      description: 'Gives the workspace an account of its own at a vendor, or replaces its credentials.',
      authScopes: { permission: 'workspace:admin' },
      args: { input: t.arg({ type: ConnectIntegrationInput, required: true }) },
      errors: { types: [InvalidInputError] },
      resolve: (_, { input: { vendor, settings, credentials } }, { integrations, actor }) =>
        integrations.connect(actor, { vendor, settings, credentials }),
    }),
  )
  const DisconnectIntegrationInput = builder.inputType('DisconnectIntegrationInput', {
    fields: (t) => ({ vendor: t.field({ type: Vendor, required: true }) }),
  })
  const DisconnectIntegrationPayload = builder
    .objectRef<{ vendor: typeof Vendor.$inferType }>('DisconnectIntegrationPayload')
    .implement({ fields: (t) => ({ vendor: t.expose('vendor', { type: Vendor }) }) })
  builder.mutationField('disconnectIntegration', (t) =>
    t.field({
      type: DisconnectIntegrationPayload,
      description: 'Forgets the workspace’s own account at a vendor. Jobs that need it wait for another.',
      authScopes: { permission: 'workspace:admin' },
      args: { input: t.arg({ type: DisconnectIntegrationInput, required: true }) },
      errors: { types: [NotFoundError] },
      async resolve(_, { input: { vendor } }, { integrations, actor }) {
        await integrations.disconnect(actor, vendor)
        return { vendor }
      },
    }),
  )
}

function operating({ builder, Integration, Vendor, ForcedState }: Api): void {
  const ForceIntegrationInput = builder.inputType('ForceIntegrationInput', {
    fields: (t) => ({
      vendor: t.field({ type: Vendor, required: true }),
      state: t.field({ description: 'What to force.', type: ForcedState, required: true }),
      reason: t.string({ description: 'Kept with the action.' }),
    }),
  })
  builder.mutationField('forceIntegration', (t) =>
    t.field({
      type: Integration,
      description:
        'Stops all calls to a vendor, lets them through against the breaker, or leaves it to the breaker.',
      authScopes: { permission: 'jobs:write' },
      args: { input: t.arg({ type: ForceIntegrationInput, required: true }) },
      errors: { types: [NotFoundError] },
      resolve: (_, { input: { vendor, state, reason } }, { integrations, actor }) =>
        integrations.force(actor, vendor, state, reason),
    }),
  )
  const TestIntegrationInput = builder.inputType('TestIntegrationInput', {
    fields: (t) => ({ vendor: t.field({ type: Vendor, required: true }) }),
  })
  const TestIntegrationPayload = builder.objectRef<TestOutcome>('TestIntegrationPayload').implement({
    fields: (t) => ({
      vendor: t.expose('vendor', { type: Vendor }),
      ok: t.exposeBoolean('ok', { description: 'Whether the account works.' }),
      problemCode: t.exposeString('code', {
        nullable: true,
        description: 'The vendor’s code of the problem.',
      }),
      problem: t.exposeString('problem', { nullable: true, description: 'What it means.' }),
      milliseconds: t.exposeInt('ms', { description: 'How long the vendor took.' }),
    }),
  })
  builder.mutationField('testIntegration', (t) =>
    t.field({
      type: TestIntegrationPayload,
      description:
        'Makes one harmless call to the vendor: is it reached, are we let in, do mapped fields exist?',
      authScopes: { permission: 'jobs:write' },
      args: { input: t.arg({ type: TestIntegrationInput, required: true }) },
      errors: { types: [NotFoundError] },
      resolve: (_, { input: { vendor } }, { integrations, actor }) => integrations.test(actor, vendor),
    }),
  )
}
