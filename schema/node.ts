import { type IdKind, kindOfId } from '../entities/ids.ts'
import type { Api } from './api.ts'

const types: Partial<Record<IdKind, string>> = { lead: 'Lead', job: 'Job', schedule: 'Schedule' }

/** What has an id of its own; the id's prefix tells the type. */
export function nodeType({ Node }: Api): void {
  Node.implement({
    description: 'Anything `node(id)` finds.',
    resolveType: ({ id }) => types[kindOfId(id)!],
    fields: (t) => ({ id: t.exposeID('id') }),
  })
}
