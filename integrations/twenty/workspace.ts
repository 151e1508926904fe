// One Twenty workspace as its verbs see it: how to ask it, and what is called what there.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type CallContext, type CallSettings, createCaller } from '../client.ts'
import { type CrmMapping, refuseFaults } from '../crm.ts'
import { VendorError } from '../errors.ts'
import type { Expects } from '../make-call.ts'
import { TWENTY_RULES, twentyProblem } from './errors.ts'

export interface TwentySettings extends CallSettings {
  /** E.g. `https://api.twenty.com`, or the address of an own server. */
  baseUrl: string
  apiKey: string
  /** Our fields and Twenty's, a part of a composite field after a dot; default: the fields every workspace has. */
  mapping?: CrmMapping | undefined
  /** How old a change must be to be read by `changedSince`, in milliseconds; default 5,000: transactions may still be open. */
  settleMs?: number | undefined
}

/**
 * Fields every workspace has. A person's company is a record of its own there, and there is no field for locale, source
 * or stage: map them when the workspace has text fields for them.
 */
export const TWENTY_MAPPING: CrmMapping = {
  firstName: 'name.firstName',
  lastName: 'name.lastName',
  phone: 'phones.primaryPhoneNumber',
}

interface Question<T> {
  operation: string
  query: string
  variables: Record<string, unknown>
  /** The form of `data`. */
  answer: z.ZodType<T>
  personal?: readonly string[]
  expects?: Expects | undefined
}

export interface Workspace {
  /** Everything asked here may be asked twice: records are made under ids and addresses that are known beforehand. */
  ask<T>(question: Question<T>, context: CallContext): Promise<T>
  mapping: CrmMapping
  settleMs: number
}

/** @throws VendorError when the mapping holds what cannot be the name of a field */
export function createWorkspace(settings: TwentySettings): Workspace {
  const { baseUrl, apiKey } = settings
  const mapping = settings.mapping ?? TWENTY_MAPPING
  refuseFaults('twenty', { missing: Object.values(mapping).filter((name) => !NAME.test(name)), readOnly: [] })
  const call = createCaller({
    vendor: 'twenty',
    baseUrl,
    headers: { authorization: `Bearer ${apiKey}` },
    credential: apiKey,
    rules: TWENTY_RULES,
    problemOf: twentyProblem,
    settings,
  })
  return {
    mapping,
    settleMs: settings.settleMs ?? 5_000,
    async ask({ operation, query, variables, answer, personal = [], expects }, context) {
      const body = { query, variables }
      const request = { operation, method: 'POST', path: '/graphql', body, repeatable: true } as const
      const { data } = await call(
        { ...request, answer: z.object({ data: answer }), personal, expects },
        context,
      )
      return data
    },
  }
}

/** Becomes part of a GraphQL document, so nothing but a name may pass. */
const NAME = /^[a-z]\w*(\.[a-z]\w*)?$/i

/** `name.firstName` and its value as Twenty nests them; empty parts of one composite field are put together. */
export function nested(values: Record<string, string>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const [field, part] = name.split('.') as [string, string | undefined]
    result[field] = part === undefined ? value : { ...(result[field] as object | undefined), [part]: value }
  }
  return result
}

/**
 * Two writers can both find nothing and both insert; the unique index lets one through. The other only has to look again.
 */
export async function onceMore<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof VendorError && error.code === 'DUPLICATE_ENTRY')) throw error
    return write()
  }
}

/** A UUID made from a name. It says it is random (version 4): Twenty takes no other. */
export function idFrom(kind: string, id: string): string {
  const bytes = createHash('sha256').update(`${kind}:${id}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
