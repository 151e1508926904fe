import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './run.ts'

/** Two copies of graphql do not know each other's types, and version 17 no longer says so by itself. */
export const oneGraphql: Check = {
  name: 'one graphql',
  async run() {
    const copies = copiesOf('graphql', 'node_modules')
    if (copies.length === 1) return []
    return copies.length === 0
      ? ['graphql is not installed']
      : [`there are ${copies.length} copies:`, ...copies]
  },
}

/** Every place below a node_modules folder where a package is installed. */
export function copiesOf(name: string, modules: string): string[] {
  const here = existsSync(join(modules, name, 'package.json')) ? [join(modules, name)] : []
  const nested = packagesIn(modules)
    .map((folder) => join(folder, 'node_modules'))
    .filter((folder) => existsSync(folder))
  return [...here, ...nested.flatMap((folder) => copiesOf(name, folder))]
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const folder = join(modules, name)
      return name.startsWith('@') ? readdirSync(folder).map((inner) => join(folder, inner)) : [folder]
    })
}
