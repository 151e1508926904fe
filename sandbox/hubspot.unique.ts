import { refuse } from './hubspot.errors.ts'
import type { createProperties, Properties } from './hubspot.properties.ts'

/** Who owns which value of which unique property; values are compared without capitals. */
export function createUniqueIndex(properties: ReturnType<typeof createProperties>, singular: string) {
  const noun = `${singular.slice(0, 1)}${singular.slice(1).toLowerCase()}`
  const owners = new Map<string, string>()
  const keyOf = (name: string, value: string) => `${name}:${value.toLowerCase()}`
  const uniqueNames = (given: Properties) =>
    Object.keys(given).filter((name) => properties.get(name)?.hasUniqueValue)

  return {
    owner: (name: string, value: string) => owners.get(keyOf(name, value)),
    /** Refuses values that somebody else than `own` has. */
    check(given: Properties, own: string | null): void {
      const found = uniqueNames(given).map((name) => owners.get(keyOf(name, given[name] ?? '')))
      const other = found.find((owner) => owner !== undefined && owner !== own)
      if (other !== undefined) refuse(409, 'CONFLICT', `${noun} already exists. Existing ID: ${other}`)
    },
    /** Makes a value somebody's beside their own, as a merge does with addresses. */
    give(name: string, value: string, id: string): void {
      owners.set(keyOf(name, value), id)
    },
    free(name: string, value: string): void {
      owners.delete(keyOf(name, value))
    },
    /** Takes the new values and gives the old ones free. */
    move(id: string, before: Properties, changed: Properties): void {
      for (const name of uniqueNames(changed)) {
        owners.delete(keyOf(name, before[name] ?? ''))
        if (changed[name]) owners.set(keyOf(name, changed[name]), id)
      }
    },
  }
}
