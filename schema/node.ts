import { kindOfId } from '../entities/ids.ts'
import type { Api } from './api.ts'

/** What has an id of its own; the id's prefix tells the type. */
export function nodeType({ Node }: Api): void {
  Node.implement({
    description: 'Anything `node(id)` finds.',
    resolveType: ({ id }) => (kindOfId(id) === 'job' ? 'Job' : 'Lead'),
    fields: (t) => ({ id: t.exposeID('id') }),
  })
}
