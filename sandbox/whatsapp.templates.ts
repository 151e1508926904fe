import { refuse } from './whatsapp.errors.ts'
import type { Component, TemplateOrder } from './whatsapp.shapes.ts'

export type Template = {
  id: string
  name: string
  language: string
  status: string
  category: string
  components: { type: string; text: string }[]
}
export type TemplateAddition = { name: string; languages: string[]; params: number }

const BODY_PARAMETER_MAX = 1024

/** The account's approved templates; `welcome_lead` exists in four languages with one parameter. */
export function createTemplates() {
  const templates: Template[] = []

  function add({ name, languages, params }: TemplateAddition): void {
    const blanks = Array.from({ length: params }, (_, index) => `{{${index + 1}}}`)
    const components = [{ type: 'BODY', text: ['Hello', ...blanks].join(' ') }]
    for (const language of languages) {
      const id = String(1_000_000_000_000 + templates.length)
      templates.push({ id, name, language, status: 'APPROVED', category: 'UTILITY', components })
    }
  }

  function find(name: string, language: string): Template {
    const found = templates.findLast((each) => each.name === name && each.language === language)
    return found ?? refuse(132001, `template name (${name}) does not exist in ${language}`)
  }

  add({ name: 'welcome_lead', languages: ['en_US', 'en', 'es', 'de'], params: 1 })
  return { all: () => templates, add, find }
}

/** Refuses parameters that do not fit the template: their number, their form, their length. */
export function checkParameters(template: Template, { components = [] }: TemplateOrder['template']): void {
  const expected = template.components[0]?.text.match(/\{\{\d+\}\}/g)?.length ?? 0
  const body = components.filter((each) => each.type === 'body').flatMap((each) => each.parameters ?? [])
  if (body.length !== expected) {
    refuse(
      132000,
      `body: number of localizable_params (${body.length}) does not match the expected number of params (${expected})`,
    )
  }
  const misplaced = components.find((each) => each.type !== 'body' && (each.parameters ?? []).length > 0)
  if (misplaced) refuse(132012, `${misplaced.type}: the template has no such parameters`)
  body.forEach(checkParameter)
}

function checkParameter(parameter: NonNullable<Component['parameters']>[number], index: number): void {
  if (parameter.type !== 'text') refuse(132012, `body: parameter ${index + 1} is expected to be of type text`)
  const value = parameter.text ?? ''
  if (value === '') refuse(131008, 'Parameter of type text is missing text value')
  if (/[\n\t]| {5}/.test(value)) {
    refuse(132012, 'Param text cannot have new-line/tab characters or more than 4 consecutive spaces')
  }
  if (value.length > BODY_PARAMETER_MAX) refuse(132005, `body: parameter ${index + 1} is too long`)
}
