import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { fromSql, insertRows } from '../../entities/sql.ts'
import type { TemplateComponent } from '../../entities/whatsapp-template.ts'
import { templateLanguage } from '../welcome-policy.ts'

/** A template as WhatsApp lists it. */
export interface ListedTemplate {
  name: string
  language: string
  status: string
  category: string
  body: string
  /** Placeholders of the body, each once: `1`, `2`, … or names. */
  variables: readonly string[]
  components?: readonly TemplateComponent[]
  quality?: string | undefined
}

const columns = [
  'id',
  'workspace_id',
  'name',
  'language',
  'status',
  'category',
  'body',
  'variables',
  'components',
  'quality',
  'synced_at',
] as const
/**
 * What a later list may change; name and language say which template it is. What a webhook reported while the list was read
 * is newer than the list.
 */
const update = [
  ...['status', 'category', 'quality'].map(
    (column) => `${column} = if(reported_at > values(synced_at), ${column}, values(${column}))`,
  ),
  ...['body', 'variables', 'components', 'synced_at'].map((column) => `${column} = values(${column})`),
].join(', ')
/** Rows of one statement: bodies have up to 1,024 characters, and MariaDB limits the size of a statement. */
const chunkSize = 500

/**
 * Makes a workspace's templates those of a complete list that was read at `at`: new ones are added, changed ones
 * overwritten, those that are gone deleted. One transaction of the caller's holds all of it.
 * @returns how many were deleted
 */
export async function saveTemplates(
  em: Em,
  workspaceId: string,
  templates: readonly ListedTemplate[],
  at: Date,
): Promise<number> {
  for (let start = 0; start < templates.length; start += chunkSize) {
    const rows = templates.slice(start, start + chunkSize).map((template) => rowOf(workspaceId, template, at))
    await insertRows(em, 'whatsapp_template', columns, rows, `on duplicate key update ${update}`)
  }
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    'delete from whatsapp_template where workspace_id = ? and synced_at < ?',
    [workspaceId, at],
    'run',
  )
  return affectedRows
}

function rowOf(workspaceId: string, template: ListedTemplate, at: Date): unknown[] {
  const { name, language, status, category, body, variables, components = [], quality = null } = template
  const id = newId('whatsappTemplate')
  const described = [body, JSON.stringify(variables), JSON.stringify(components), quality]
  return [id, workspaceId, name, language, status, category, ...described, at]
}

/** Why a template must not be sent; the codes of WhatsApp would be 132001, 132015 or 132016, and 132000. */
export type TemplateProblem = 'NOT_APPROVED' | 'UNKNOWN_LANGUAGE' | 'WRONG_PARAMETERS'

/** What the last sync knows of a template in one language. */
export type KnownTemplate = Pick<ListedTemplate, 'language' | 'status' | 'body' | 'variables'>

/** A template in the languages it is written in; undefined when the workspace's templates were never synced. */
export async function findTemplate(
  em: Em,
  workspaceId: string,
  name: string,
): Promise<KnownTemplate[] | undefined> {
  const rows = await em.execute<Record<string, unknown>[]>(
    'select language, status, body, variables from whatsapp_template where workspace_id = ? and name = ? order by language',
    [workspaceId, name],
  )
  if (rows.length === 0 && !(await wasSynced(em, workspaceId))) return undefined
  return rows.map((row) => fromSql<KnownTemplate>(row))
}

async function wasSynced(em: Em, workspaceId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from whatsapp_template where workspace_id = ? limit 1', [
    workspaceId,
  ])
  return rows.length > 0
}

/** In which language a template is sent, and what the person then reads; or why it must not be sent. */
export type TemplateChoice = { language: string; body?: string } | { problem: TemplateProblem }

/**
 * Chooses the language and fills the template in. A workspace that was never synced (`known` undefined) knows nothing, so
 * there WhatsApp alone decides.
 * @param languages it may be sent in; by default those it is approved in
 * @param variables by the name of the placeholder
 */
export function chooseTemplate(
  known: readonly KnownTemplate[] | undefined,
  locale: string | null | undefined,
  languages: readonly string[] | undefined,
  variables: Readonly<Record<string, string>>,
): TemplateChoice {
  const approved = (known ?? []).filter(({ status }) => status === 'APPROVED').map(({ language }) => language)
  const candidates = languages ?? approved
  const language = candidates.length > 0 ? templateLanguage(locale, candidates) : undefined
  if (!known) return language ? { language } : { problem: 'UNKNOWN_LANGUAGE' }
  if (known.length === 0 || !language) return { problem: 'NOT_APPROVED' }
  const template = known.find((each) => each.language === language)
  if (!template) return { problem: 'UNKNOWN_LANGUAGE' }
  if (template.status !== 'APPROVED') return { problem: 'NOT_APPROVED' }
  const given = Object.keys(variables)
  const fits =
    given.length === template.variables.length && template.variables.every((name) => name in variables)
  if (!fits) return { problem: 'WRONG_PARAMETERS' }
  const body = template.body.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => variables[name] ?? '')
  return { language, body }
}
