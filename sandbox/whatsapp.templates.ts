import { refuse } from './whatsapp.errors.ts'
import type { TemplateAddition, TemplateComponent } from './whatsapp.template-shapes.ts'

type Status = NonNullable<TemplateAddition['status']>
export type Template = {
  id: string
  name: string
  language: string
  status: Status
  category: NonNullable<TemplateAddition['category']>
  components: TemplateComponent[]
  /** `NAMED` placeholders are told apart by `parameter_name`. */
  parameter_format: 'POSITIONAL' | 'NAMED'
  rejected_reason: string
  quality_score: { score: string; date: number }
}

/** The account's templates; `welcome_lead` exists in four languages with one parameter. */
export function createTemplates() {
  const templates: Template[] = []

  function add({
    name,
    languages,
    category = 'UTILITY',
    status = 'APPROVED',
    ...rest
  }: TemplateAddition): void {
    const components = rest.components ?? [bodyWith(rest.params ?? 0)]
    for (const language of languages) {
      const id = String(1_000_000_000_000 + templates.length)
      templates.push({
        ...{ id, name, language, status, category, components },
        parameter_format: placeholdersOf(components).some((each) => !/^\d+$/.test(each))
          ? 'NAMED'
          : 'POSITIONAL',
        rejected_reason: status === 'REJECTED' ? 'INCORRECT_CATEGORY' : 'NONE',
        quality_score: { score: 'GREEN', date: Math.floor(Date.now() / 1000) },
      })
    }
  }

  const named = (name: string, language?: string) =>
    templates.filter((each) => each.name === name && (language === undefined || each.language === language))

  add({ name: 'welcome_lead', languages: ['en_US', 'en', 'es', 'de'], params: 1 })
  return {
    all: () => templates,
    add,
    /** The template, when it may be sent. */
    usable(name: string, language: string): Template {
      const found = named(name, language).at(-1)
      if (found?.status === 'PAUSED') refuse(132015, 'Template is paused due to low quality')
      if (found?.status === 'DISABLED') refuse(132016, 'Template was paused too many times and is disabled')
      if (found?.status === 'APPROVED') return found
      return refuse(132001, `template name (${name}) does not exist in ${language}`)
    },
    /** Sets the status of all languages, or of one; the templates it changed. */
    setStatus(name: string, language: string | undefined, status: Status): Template[] {
      const changed = named(name, language)
      for (const template of changed) template.status = status
      return changed
    },
  }
}

function bodyWith(params: number): TemplateComponent {
  const blanks = Array.from({ length: params }, (_, index) => `{{${index + 1}}}`)
  return { type: 'BODY', text: ['Hello', ...blanks].join(' ') }
}

function placeholdersOf(components: TemplateComponent[]): string[] {
  return components.flatMap(({ text = '' }) => blanksIn(text))
}

/** The placeholders of a text, each once: `1`, `2` or names. */
export function blanksIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name = '']) => name))]
}
