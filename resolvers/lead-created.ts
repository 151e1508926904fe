import { type AnyJobDefinition, definitionOf } from '../ledger/definition.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The job of every new lead. */
export const leadCreated = 'lead.created'

/** Its definition. */
export function leadCreatedOf({ definitions }: Ledger): AnyJobDefinition {
  const definition = definitionOf(definitions, leadCreated)
  if (!definition) throw new Error(`There is no job definition named ${leadCreated}`)
  return definition
}
