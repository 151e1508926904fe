import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { insertRows } from '../../entities/sql.ts'

/** A template as WhatsApp lists it. */
export interface ListedTemplate {
  name: string
  language: string
  status: string
  category: string
  body: string
  /** Placeholders of the body, each once: `1`, `2`, … or names. */
  variables: readonly string[]
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
  'synced_at',
] as const
/** What a later list may change; name and language say which template it is. */
const update = ['status', 'category', 'body', 'variables', 'synced_at']
  .map((column) => `${column} = values(${column})`)
  .join(', ')
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
  const { name, language, status, category, body, variables } = template
  const id = newId('whatsappTemplate')
  return [id, workspaceId, name, language, status, category, body, JSON.stringify(variables), at]
}

/** Why a template must not be sent; the codes of WhatsApp would be 132001, 132015 or 132016, and 132000. */
export type TemplateProblem = 'NOT_APPROVED' | 'UNKNOWN_LANGUAGE' | 'WRONG_PARAMETERS'

/**
 * What is wrong with sending a template, as far as the last sync knows; undefined when nothing is. A workspace that was
 * never synced knows nothing, so there WhatsApp alone decides.
 * @param parameterCount how many values there are for the body
 */
export async function templateProblem(
  em: Em,
  workspaceId: string,
  name: string,
  language: string,
  parameterCount: number,
): Promise<TemplateProblem | undefined> {
  const known = await em.execute<{ language: string; status: string; parameters: number }[]>(
    `select language, status, json_length(variables) as parameters from whatsapp_template
     where workspace_id = ? and name = ?`,
    [workspaceId, name],
  )
  if (known.length === 0) return (await wasSynced(em, workspaceId)) ? 'NOT_APPROVED' : undefined
  const template = known.find((each) => each.language === language)
  if (!template) return 'UNKNOWN_LANGUAGE'
  if (template.status !== 'APPROVED') return 'NOT_APPROVED'
  return Number(template.parameters) === parameterCount ? undefined : 'WRONG_PARAMETERS'
}

async function wasSynced(em: Em, workspaceId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from whatsapp_template where workspace_id = ? limit 1', [
    workspaceId,
  ])
  return rows.length > 0
}
