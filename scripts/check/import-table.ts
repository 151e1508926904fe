/** Whom a folder, or one file, may import. Entries name a folder (`ledger`) or one file (`ledger/errors.ts`). */
interface Reach {
  /** Values and types. */
  may: readonly string[]
  /** Types alone. */
  types?: readonly string[]
  /** Wins over the other two. */
  never?: readonly string[]
}

const schema: Reach = {
  may: ['workers', 'entities', 'ledger/errors.ts', 'ledger/definition.ts', 'ledger/ledger.ts'],
  types: ['ledger', 'marketing'],
}

/** The folders of the product, from the edge to the ground. */
const upper = ['server', 'schema', 'resolvers', 'workers', 'marketing', 'access']
const lower = ['runtime', 'ledger', 'queue', 'integrations', 'entities', 'sandbox']

/** What `server` sees of the API and the jobs: their doors. */
const doors = ['schema/index.ts', 'schema/context.ts', 'resolvers/lead-intake.ts', 'workers/registry.ts']

/** Imports point down. The line of a file stands in place of its folder's. */
const table: Record<string, Reach> = {
  bin: { may: [...upper, ...lower] },
  server: { may: [...doors, 'access', 'ledger', 'marketing', 'runtime', 'entities'] },
  'schema/index.ts': { ...schema, may: [...schema.may, 'resolvers'] },
  schema,
  resolvers: {
    may: ['schema', 'workers', 'access', 'ledger', 'marketing', 'entities'],
    never: ['schema/index.ts'],
  },
  workers: {
    may: ['ledger', 'marketing', 'entities', 'integrations/errors.ts'],
    types: ['runtime', 'integrations'],
    never: ['marketing/messages/senders.ts', 'marketing/messages/transports.ts'],
  },
  marketing: {
    may: ['ledger', 'entities', 'integrations/errors.ts'],
    types: ['integrations', 'runtime'],
  },
  access: { may: ['ledger', 'entities'] },
  runtime: { may: ['ledger', 'queue', 'integrations', 'entities'] },
  ledger: { may: ['queue', 'entities'] },
  queue: { may: [] },
  entities: { may: [] },
  integrations: { may: [] },
  sandbox: { may: [] },
  console: { may: [] },
  migrations: { may: [] },
}

/** Folders that are no part of the product, and the files of the root, import what they like. */
const free = ['test', 'bench', 'scripts', 'docs', '']
/** Implements a vendor's interface with the sandbox of that vendor behind it. */
const freeFiles = ['integrations/stub.ts']

/** The first folder of a path; '' for a file of the root. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

/** Whether a path is one of these files, or in one of these folders. */
export function isWithin(places: readonly string[], path: string): boolean {
  return places.some((place) => place === path || path.startsWith(`${place.replace(/\/$/, '')}/`))
}

/** Why `from` may not import `to`; undefined when it may. */
export function refusal(from: string, to: string, typeOnly: boolean): string | undefined {
  const folder = folderOf(from)
  if (free.includes(folder) || freeFiles.includes(from)) return undefined
  const place = from in table ? from : folder
  const reach = table[place]
  if (!reach) return `the folder ${folder} is not in scripts/check/import-table.ts`
  if (isWithin(reach.never ?? [], to)) return `${place} must not import ${to}`
  if (folder === folderOf(to) || isWithin(reach.may, to)) return undefined
  return typeOnly && isWithin(reach.types ?? [], to) ? undefined : rule(place, reach)
}

function rule(place: string, { may, types = [] }: Reach): string {
  const values = may.length > 0 ? may.join(', ') : 'nothing of ours'
  return `${place} may import ${values}${types.length > 0 ? `; types also of ${types.join(', ')}` : ''}`
}
