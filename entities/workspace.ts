import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'

/** Settings of a workspace, as far as it chose them. */
export interface WorkspaceChoices {
  unknownConsent?: { email?: boolean; whatsapp?: boolean }
  welcome?: { mailchimp?: boolean; crm?: boolean; email?: boolean; whatsapp?: boolean }
}

/** How a workspace wants its leads treated. */
export interface WorkspaceSettings {
  /** By channel: whether the welcome goes to people who were never asked. */
  unknownConsent: Required<NonNullable<WorkspaceChoices['unknownConsent']>>
  /** The steps of `lead.created` that are taken. */
  welcome: Required<NonNullable<WorkspaceChoices['welcome']>>
}

/** What a workspace chose, and the defaults for the rest. */
export function settingsOf({ unknownConsent, welcome }: WorkspaceChoices): WorkspaceSettings {
  return {
    unknownConsent: { email: false, whatsapp: false, ...unknownConsent },
    welcome: { mailchimp: true, crm: true, email: true, whatsapp: true, ...welcome },
  }
}

/** One client of the agency; every lead, job, key and statistic belongs to one. */
const WorkspaceSchema = defineEntity({
  name: 'Workspace',
  tableName: 'workspace',
  properties: {
    id: id().primary(),
    slug: code(64).unique('workspace_slug'),
    name: p.string().length(120),
    timeZone: code(64),
    createdAt: time(),
    /** What it chose; the rest is as `settingsOf` has it. */
    settings: p.json().$type<WorkspaceChoices>().default('{}'),
  },
})

export class Workspace extends WorkspaceSchema.class {}
WorkspaceSchema.setClass(Workspace)
