import type { Em } from '../../entities/index.ts'
import { changeTemplate, type TemplateChange } from '../whatsapp/template-change.ts'
import type { Cause } from './cause.ts'
import { fields, seconds, text } from './read.ts'

const shape = fields({
  /** When Meta sent it. */
  time: seconds,
  change: fields({
    field: text,
    value: fields({
      event: text,
      message_template_name: text,
      message_template_language: text,
      new_quality_score: text,
      new_category: text,
    }),
  }),
})
type Value = ReturnType<typeof shape.parse>['change']['value']

/** Events of a template that are named otherwise than the state it then has. `FLAGGED` announces one that may follow. */
const states: Record<string, string | undefined> = {
  REINSTATED: 'APPROVED',
  UNPAUSED: 'APPROVED',
  FLAGGED: undefined,
}

/** What a report changes, by its field (Meta, "Webhooks reference", fields of a WhatsApp Business Account). */
const readers: Record<string, (value: Value) => TemplateChange> = {
  message_template_status_update: ({ event }) => ({
    status: event && event in states ? states[event] : event,
  }),
  message_template_quality_update: ({ new_quality_score: quality }) => ({ quality }),
  template_category_update: ({ new_category: category }) => ({ category }),
}

/** Applies what became of a template. One that is not known is read with all others; whether anything follows. */
export async function applyTemplateChange(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const { time, change } = shape.parse(body)
  const { message_template_name: name, message_template_language: language } = change.value
  const changed = readers[change.field ?? '']?.(change.value)
  if (!name || !language || !changed || Object.values(changed).every((value) => value === undefined))
    return false
  const { workspaceId } = cause
  const outcome = await changeTemplate(em, { workspaceId, name, language }, changed, time ?? new Date())
  if (outcome === 'NOT_KNOWN') await cause.syncTemplates(em)
  return outcome !== 'OLDER'
}
