import { type AnyJobDefinition, requireDefinition } from '../ledger/definition.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The job of every new lead. */
export const leadCreated = 'lead.created'

/** Its definition. */
export function leadCreatedOf({ definitions }: Ledger): AnyJobDefinition {
  return requireDefinition(definitions, leadCreated)
}
