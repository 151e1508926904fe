// Templates for senders that have none of their own: files with handlebars, rendered here.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'

export interface EmailTemplateSource {
  /** One line. Like the others it may hold handlebars. */
  subject: string
  html: string
  /** For readers without HTML. */
  text?: string | undefined
}

export interface RenderedEmail {
  subject: string
  html: string
  text: string | undefined
}

/** Raised with everything that is wrong with a folder of templates. */
export class TemplateError extends Error {
  readonly problems: string[]
  constructor(folder: string, problems: string[]) {
    super(`The templates in ${folder} are not usable:\n${problems.map((each) => `  - ${each}`).join('\n')}`)
    this.name = 'TemplateError'
    this.problems = problems
  }
}

const handlebars = Handlebars.create()
// It would print what it is given, which may be personal.
handlebars.unregisterHelper('log')

/**
 * Fills a template in. Values are escaped in `html` and left as they are in `subject` and `text`; a value that is not
 * given is empty. Templates reach nothing but `vars`: no helpers but those of handlebars, no partials, no prototypes.
 * @throws Error when the template cannot be compiled, or uses what there is not
 */
export function render(source: EmailTemplateSource, vars: Record<string, string>): RenderedEmail {
  return {
    subject: fill(source.subject, vars, true).replace(/\s+/g, ' ').trim(),
    html: fill(source.html, vars, false),
    text: source.text === undefined ? undefined : fill(source.text, vars, true),
  }
}

function fill(template: string, vars: Record<string, string>, noEscape: boolean): string {
  const write = handlebars.compile(template, { noEscape, knownHelpersOnly: true })
  return write(vars, { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false })
}

const SLUG = /^[a-z0-9][a-z0-9_-]{0,63}$/
const FILE = /^(.*)\.(html|txt|subject)$/

/**
 * Reads every template of a folder: `<slug>.html` with its subject in `<slug>.subject` and, if there is one, its plain
 * text in `<slug>.txt`. Other files are passed over.
 * @throws TemplateError naming everything that is wrong, not only the first
 */
export function readTemplates(folder: string): Map<string, EmailTemplateSource> {
  const files = filesOf(folder)
  const names = new Set([...files.keys()].map((file) => FILE.exec(file)?.[1] ?? ''))
  const problems: string[] = []
  const templates = new Map<string, EmailTemplateSource>()
  for (const name of names) {
    const { template, wrong } = templateOf(name, files)
    problems.push(...wrong)
    if (template) templates.set(name, template)
  }
  if (names.size === 0) problems.push('there is no template: each is a file <slug>.html')
  if (problems.length > 0) throw new TemplateError(folder, problems)
  return templates
}

function filesOf(folder: string): Map<string, string> {
  try {
    const names = readdirSync(folder).filter((name) => FILE.test(name))
    return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  } catch (error) {
    throw new TemplateError(folder, [`it cannot be read: ${(error as NodeJS.ErrnoException).code}`])
  }
}

function templateOf(
  slug: string,
  files: Map<string, string>,
): { template?: EmailTemplateSource; wrong: string[] } {
  const html = files.get(`${slug}.html`)
  const subject = files.get(`${slug}.subject`)?.trim()
  const text = files.get(`${slug}.txt`)
  if (html === undefined) return { wrong: [`${slug}.html is missing`] }
  const wrong: string[] = []
  if (!SLUG.test(slug)) wrong.push(`${slug}.html: a slug has small letters, digits, - and _ only`)
  if (!subject) wrong.push(`${slug}.subject is missing or empty`)
  else if (/[\r\n]/.test(subject)) wrong.push(`${slug}.subject has more than one line`)
  const parts = { subject: subject ?? '', html, text }
  return { template: parts, wrong: [...wrong, ...brokenParts(slug, parts)] }
}

/** Fills each part in with nothing, which is what finds a partial that does not exist. */
function brokenParts(slug: string, { subject, html, text = '' }: EmailTemplateSource): string[] {
  const parts = { [`${slug}.subject`]: subject, [`${slug}.html`]: html, [`${slug}.txt`]: text }
  return Object.entries(parts).flatMap(([file, template]) => {
    try {
      fill(template, {}, true)
      return []
    } catch (error) {
      return [`${file}: ${(error as Error).message.replace(/\s+/g, ' ')}`]
    }
  })
}
