import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** A part of a template: `type` is HEADER, BODY, FOOTER or BUTTONS; the rest is as WhatsApp has it. */
export interface TemplateComponent {
  type: string
  [field: string]: unknown
}

/** A message template as WhatsApp approved, rejected or paused it. */
const WhatsappTemplateSchema = defineEntity({
  name: 'WhatsappTemplate',
  tableName: 'whatsapp_template',
  uniques: [{ name: 'whatsapp_template_name', properties: ['workspaceId', 'name', 'language'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    name: code(191),
    language: code(16),
    /** APPROVED, PENDING, REJECTED, PAUSED, DISABLED, … */
    status: code(32),
    /** MARKETING, UTILITY or AUTHENTICATION. */
    category: code(32),
    body: p.text(),
    /** Placeholders of the body, in order: `1`, `2`, … or names. */
    variables: p.json().$type<string[]>(),
    /** Header, body, footer and buttons as WhatsApp describes them; null before the first sync that kept them. */
    components: p.json().$type<TemplateComponent[]>().nullable(),
    /** GREEN, YELLOW, RED or UNKNOWN; null while it was not told. */
    quality: code(16).nullable(),
    /** When WhatsApp last reported a change by webhook; null: never. */
    reportedAt: time().nullable(),
    syncedAt: time(),
  },
})

export class WhatsappTemplate extends WhatsappTemplateSchema.class {}
WhatsappTemplateSchema.setClass(WhatsappTemplate)
