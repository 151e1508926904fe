import { WorkspaceExistsError } from '../access/errors.ts'
import { createWorkspace, updateWorkspace, type WorkspaceRow } from '../access/workspaces.ts'
import { Workspace } from '../entities/workspace.ts'
import { InvalidInputError } from '../ledger/errors.ts'
import { updateWorkspaceSettings } from '../marketing/workspace-settings.ts'
import type { Api } from '../schema/api.ts'

/** Looking after workspaces: all of them from the default workspace, each from itself. */
export function workspaces({ builder, Workspace: WorkspaceType }: Api): void {
  const CreateWorkspaceInput = builder.inputType('CreateWorkspaceInput', {
    description: 'A new workspace.',
    fields: (t) => ({
      slug: t.string({
        required: true,
        description: 'Short name in settings and commands: small letters, digits, hyphens. It stays.',
      }),
      name: t.string({ required: true, description: 'What people call it.' }),
      timeZone: t.string({ required: true, description: 'IANA name, e.g. Europe/Madrid.' }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  const UpdateWorkspaceInput = builder.inputType('UpdateWorkspaceInput', {
    description: 'A change of the workspace of the key. What is left out stays as it is.',
    fields: (t) => ({
      name: t.string({ description: 'What people call it.' }),
      timeZone: t.string({ description: 'IANA name, e.g. Europe/Madrid.' }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  const UnknownConsentInput = builder.inputType('UnknownConsentInput', {
    description: 'By channel: whether the welcome goes to people who were never asked.',
    fields: (t) => ({
      email: t.boolean({ description: 'The welcome e-mail.' }),
      whatsapp: t.boolean({ description: 'The welcome WhatsApp message.' }),
    }),
  })
  const WelcomeStepsInput = builder.inputType('WelcomeStepsInput', {
    description: 'Which steps of `lead.created` are taken.',
    fields: (t) => ({
      mailchimp: t.boolean({ description: 'Into the Mailchimp audience.' }),
      crm: t.boolean({ description: 'Into the CRM.' }),
      email: t.boolean({ description: 'The welcome e-mail.' }),
      whatsapp: t.boolean({ description: 'The welcome WhatsApp message.' }),
    }),
  })
  const SettingsInput = builder.inputType('UpdateWorkspaceSettingsInput', {
    description: 'A change of the settings of the workspace of the key. What is left out stays as it is.',
    fields: (t) => ({
      unknownConsent: t.field({
        type: UnknownConsentInput,
        description: 'Whether the welcome goes to people who were never asked.',
      }),
      welcome: t.field({ type: WelcomeStepsInput, description: 'Steps of the welcome.' }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  const WorkspacePayload = builder.objectRef<{ workspace: WorkspaceRow }>('WorkspacePayload').implement({
    description: 'A workspace that was made or changed.',
    fields: (t) => ({
      workspace: t.expose('workspace', { type: WorkspaceType, description: 'As it is now.' }),
    }),
  })
  builder.queryField('workspaces', (t) =>
    t.field({
      type: [WorkspaceType],
      description: 'Every workspace of the installation, oldest first.',
      authScopes: { permission: 'installation:read' },
      resolve: (_, __, { em }) =>
        em.find(Workspace, {}, { orderBy: { id: 'asc' }, disableIdentityMap: true }),
    }),
  )
  builder.mutationFields((t) => ({
    createWorkspace: t.field({
      type: WorkspacePayload,
      description: 'Makes a workspace. `createApiKey` with its id makes its first key.',
      authScopes: { permission: 'installation:admin' },
      args: { input: t.arg({ type: CreateWorkspaceInput, required: true, description: 'The workspace.' }) },
      errors: { types: [InvalidInputError, WorkspaceExistsError] },
      resolve: async (_, { input: { reason, ...wish } }, { ledger, actor }) => ({
        workspace: await ledger.transaction((em) => createWorkspace(em, actor, wish, new Date(), reason)),
      }),
    }),
    updateWorkspaceSettings: t.field({
      type: WorkspacePayload,
      description: 'Changes how the workspace of the key wants its leads treated.',
      authScopes: { permission: 'workspace:admin' },
      args: { input: t.arg({ type: SettingsInput, required: true, description: 'The change.' }) },
      errors: { types: [InvalidInputError] },
      resolve: async (_, { input: { reason, ...change } }, { ledger, actor }) => ({
        workspace: await ledger.transaction((em) => updateWorkspaceSettings(em, actor, change, reason)),
      }),
    }),
    updateWorkspace: t.field({
      type: WorkspacePayload,
      description: 'Changes the name or the time zone of the workspace of the key.',
      authScopes: { permission: 'workspace:admin' },
      args: { input: t.arg({ type: UpdateWorkspaceInput, required: true, description: 'The change.' }) },
      errors: { types: [InvalidInputError] },
      resolve: async (_, { input: { name, timeZone, reason } }, { ledger, actor }) => {
        const change = { ...(name && { name }), ...(timeZone && { timeZone }) }
        return {
          workspace: await ledger.transaction((em) => updateWorkspace(em, actor, change, reason)),
        }
      },
    }),
  }))
}
