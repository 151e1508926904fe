import { settingsOf, type WorkspaceSettings } from '../entities/workspace.ts'
import type { Api } from './api.ts'

/** The workspace a key belongs to, and the key itself. */
export function workspaceTypes({ builder, Workspace, WorkspaceSettings, Me, Role }: Api): void {
  const UnknownConsent = builder.objectRef<WorkspaceSettings['unknownConsent']>('UnknownConsent').implement({
    description: 'By channel: whether the welcome goes to people who were never asked (consent `UNKNOWN`).',
    fields: (t) => ({
      email: t.exposeBoolean('email', { description: 'The welcome e-mail.' }),
      whatsapp: t.exposeBoolean('whatsapp', { description: 'The welcome WhatsApp message.' }),
    }),
  })
  const WelcomeSteps = builder.objectRef<WorkspaceSettings['welcome']>('WelcomeSteps').implement({
    description: 'Which steps of `lead.created` are taken.',
    fields: (t) => ({
      mailchimp: t.exposeBoolean('mailchimp', { description: 'Into the Mailchimp audience.' }),
      crm: t.exposeBoolean('crm', { description: 'Into the CRM.' }),
      email: t.exposeBoolean('email', { description: 'The welcome e-mail.' }),
      whatsapp: t.exposeBoolean('whatsapp', { description: 'The welcome WhatsApp message.' }),
    }),
  })
  WorkspaceSettings.implement({
    description: 'How a workspace wants its leads treated.',
    fields: (t) => ({
      unknownConsent: t.expose('unknownConsent', {
        type: UnknownConsent,
        description: 'Whether the welcome goes to people who were never asked.',
      }),
      welcome: t.expose('welcome', { type: WelcomeSteps, description: 'Steps of the welcome.' }),
    }),
  })
  Workspace.implement({
    description: 'One client of the agency. A key sees its own workspace only.',
    fields: (t) => ({
      id: t.exposeID('id'),
      slug: t.exposeString('slug', { description: 'Its short name in addresses.' }),
      name: t.exposeString('name', { description: 'Its name.' }),
      timeZone: t.exposeString('timeZone', { description: 'IANA name, e.g. Europe/Madrid.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      settings: t.field({
        type: WorkspaceSettings,
        description: 'How it wants its leads treated.',
        resolve: ({ settings }) => settingsOf(settings),
      }),
    }),
  })
  Me.implement({
    description: 'The API key of this request.',
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { description: 'Name of the key.' }),
      role: t.expose('role', { description: 'Its role.', type: Role }),
      permissions: t.stringList({
        description: 'What it may do.',
        resolve: ({ permissions }) => [...permissions],
      }),
      expiresAt: t.expose('expiresAt', {
        description: 'When the key ends; null: never.',
        type: 'DateTime',
        nullable: true,
      }),
    }),
  })
}
