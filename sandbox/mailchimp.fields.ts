import { refuse } from './mailchimp.problems.ts'
import { isObject } from './shape.ts'

type Tree = Map<string, Tree>

/** Applies `fields` or `exclude_fields` (dot notation, mutually exclusive; integrations.md 3.1). */
export function project(body: object, query: URLSearchParams): unknown {
  const wanted = query.get('fields')
  const unwanted = query.get('exclude_fields')
  if (wanted !== null && unwanted !== null)
    refuse('Bad Request', 'fields and exclude_fields exclude each other.')
  if (wanted !== null) return keep(body, treeOf(wanted))
  return unwanted === null ? body : drop(body, treeOf(unwanted))
}

function treeOf(paths: string): Tree {
  const root: Tree = new Map()
  for (const path of paths.split(',')) {
    let node = root
    for (const part of path.trim().split('.')) {
      const next = node.get(part) ?? new Map()
      node.set(part, next)
      node = next
    }
  }
  return root
}

function keep(value: unknown, tree: Tree): unknown {
  if (tree.size === 0) return value
  if (Array.isArray(value)) return value.map((item) => keep(item, tree))
  if (!isObject(value)) return value
  const kept = [...tree].filter(([key]) => key in value)
  return Object.fromEntries(kept.map(([key, branch]) => [key, keep(value[key], branch)]))
}

function drop(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((item) => drop(item, tree))
  if (!isObject(value)) return value
  const left = Object.entries(value).filter(([key]) => tree.get(key)?.size !== 0)
  return Object.fromEntries(left.map(([key, each]) => [key, drop(each, tree.get(key) ?? new Map())]))
}
