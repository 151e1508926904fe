import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isTest, lineOf, typescriptFiles } from './files.ts'
import type { Check } from './run.ts'

/** Where requests are answered: SQL written by hand there, which no filter confines, names the workspace itself. */
const edges = /^(resolvers|schema|server|access)\//

export const workspaceSql: Check = {
  name: 'workspace SQL',
  async run() {
    const tables = workspaceTables('.')
    return tables.length < 10
      ? [`only ${tables.length} tables of workspaces were found`]
      : unscopedSql('.', tables)
  },
}

/** Tables whose rows belong to a workspace, by their entities. */
function workspaceTables(root: string): string[] {
  const files = readdirSync(join(root, 'entities')).filter((name) => name.endsWith('.ts') && !isTest(name))
  return files.flatMap((name) => {
    const source = readFileSync(join(root, 'entities', name), 'utf8')
    const table = /tableName: '(\w+)'/.exec(source)?.[1]
    return table && /^ +workspaceId: /m.test(source) ? [table] : []
  })
}

/** Statements on such a table that do not name the workspace. */
export function unscopedSql(root: string, tables: readonly string[]): string[] {
  const touches = new RegExp(`\\b(from|join|update|into)\\s+\`?(${tables.join('|')})\\b`, 'i')
  return typescriptFiles(root)
    .filter((path) => edges.test(path) && !isTest(path))
    .flatMap((path) => {
      const source = readFileSync(join(root, path), 'utf8')
      return [...source.matchAll(text)]
        .filter(([sql]) => statement.test(sql) && touches.test(sql) && !/\bworkspace_id\b/.test(sql))
        .map(
          ({ index }) => `${path}:${lineOf(source, index)} SQL on a workspace's table without workspace_id`,
        )
    })
}

const text = /`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g
const statement = /\b(select|update|delete|insert)\b/i
