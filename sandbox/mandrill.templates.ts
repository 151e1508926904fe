import { refuse } from './mandrill.errors.ts'
import type { TemplateOrder } from './mandrill.shapes.ts'
import { timeText } from './mandrill.times.ts'

export type Template = Required<TemplateOrder> & { createdAt: number }

/** The account's templates; `welcome` is there from the start. A template's slug is its name in small letters. */
export function createTemplates() {
  const templates = new Map<string, Template>()

  function add({ name, ...rest }: TemplateOrder): void {
    const usual = { subject: name, from_email: 'hello@solaria.example', from_name: 'Solaria' }
    const content = { code: `<p>${name}</p>`, text: name, labels: [] }
    templates.set(slugOf(name), { ...usual, ...content, ...rest, name, createdAt: Date.now() })
  }

  add({ name: 'welcome', subject: 'Welcome' })
  return {
    add,
    names: () => [...templates.values()].map(({ name }) => name),
    get: (name: string) =>
      templates.get(slugOf(name)) ?? refuse('Unknown_Template', `No such template "${name}"`),
    list: (label: string | undefined) =>
      [...templates.values()]
        .filter(({ labels }) => label === undefined || labels.includes(label))
        .map(describe),
  }
}

function slugOf(name: string): string {
  return name.toLowerCase().replace(/\s+/g, '-')
}

/** A template as templates/info and templates/list show it. */
export function describe({ createdAt, ...template }: Template) {
  const { name, code, subject, from_email, from_name, text } = template
  const published = { publish_name: name, publish_code: code, publish_subject: subject, publish_text: text }
  const sender = { publish_from_email: from_email, publish_from_name: from_name }
  const at = timeText(createdAt)
  const times = { published_at: at, created_at: at, updated_at: at }
  return { slug: slugOf(name), ...template, ...published, ...sender, ...times }
}
