import { type IdKind, kindOfId } from '../entities/ids.ts'
import type { Api } from './api.ts'

const typeNames: Partial<Record<IdKind, string>> = {
  job: 'Job',
  lead: 'Lead',
  schedule: 'Schedule',
  backup: 'Backup',
  verification: 'Verification',
}

/** What has an id of its own; the id's prefix tells the type. */
export function nodeType({ Node }: Api): void {
  Node.implement({
    description: 'Anything `node(id)` finds.',
    resolveType: ({ id }) => typeNames[kindOfId(id) ?? 'lead'],
    fields: (t) => ({ id: t.exposeID('id') }),
  })
}
