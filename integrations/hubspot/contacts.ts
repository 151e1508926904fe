// Contacts of a HubSpot portal, known by their e-mail address.

import { z } from 'zod'
import { type CallContext, unlessAbsent } from '../client.ts'
import { type CrmContact, refuseFaults, toCrmNames } from '../crm.ts'
import type { Expects } from '../make-call.ts'
import { Existing } from './errors.ts'
import type { Portal } from './portal.ts'

const Properties = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      modificationMetadata: z.object({ readOnlyValue: z.boolean() }).optional().catch(undefined),
    }),
  ),
})
const Contact = z.object({ id: z.string() })
const Upserted = z.object({ results: z.tuple([Contact.extend({ new: z.boolean().optional() })]) })

/** Reads the contacts' property definitions: no personal data, and the permission that writing needs as well. */
export async function check({ call, version, mapping }: Portal, context: CallContext): Promise<void> {
  const path = `/crm/properties/${version}/contacts`
  const request = { operation: 'check', method: 'GET', path, repeatable: true, answer: Properties } as const
  const { results } = await call(request, context)
  const known = new Map(results.map(({ name, modificationMetadata }) => [name, modificationMetadata]))
  const names = Object.values(mapping)
  refuseFaults('hubspot', {
    missing: names.filter((name) => !known.has(name)),
    readOnly: names.filter((name) => known.get(name)?.readOnlyValue === true),
  })
}

/**
 * Writes what we know and nothing else. HubSpot says an upsert by e-mail is not partial, so a contact that exists is
 * never upserted: what sales people entered, and we do not know, stays whatever that sentence means. It is patched, which
 * is partial; only when there is none it is upserted, and one that came into being in between is patched as well.
 */
export async function upsertContact(
  portal: Portal,
  { email, fields }: CrmContact,
  context: CallContext,
): Promise<{ contactId: string; created: boolean }> {
  const properties = toCrmNames(portal.mapping, fields)
  const personal = [email, ...Object.values(properties)]
  const write = { properties, personal, context }
  const known = `${encodeURIComponent(email)}?idProperty=email`
  const found = await unlessAbsent((expects) => change(portal, known, { ...write, expects }))
  if (found !== undefined) return { contactId: found, created: false }
  const made = await createContact(portal, email, write)
  if (typeof made !== 'string') return made
  return { contactId: await change(portal, made, write), created: false }
}

interface Write {
  properties: Record<string, string>
  personal: string[]
  context: CallContext
  expects?: Expects
}

/** Patches one contact; with nothing to write it only looks. @returns its id */
async function change({ call, version }: Portal, which: string, write: Write): Promise<string> {
  const { properties, personal, context, expects } = write
  const idle = Object.keys(properties).length === 0
  const { id } = await call(
    {
      operation: 'upsertContact',
      method: idle ? 'GET' : 'PATCH',
      path: `/crm/objects/${version}/contacts/${which}`,
      body: idle ? undefined : { properties },
      repeatable: true,
      answer: Contact,
      personal,
      expects,
    },
    context,
  )
  return id
}

/** A batch of one: the call that cannot make a second contact with the same address. @returns the id of one in its way */
async function createContact(
  { create, version }: Portal,
  email: string,
  { properties, personal, context }: Write,
): Promise<{ contactId: string; created: boolean } | string> {
  const answer = await create(
    {
      operation: 'upsertContact',
      method: 'POST',
      path: `/crm/objects/${version}/contacts/batch/upsert`,
      body: { inputs: [{ id: email, idProperty: 'email', properties: { email, ...properties } }] },
      repeatable: true,
      answer: z.union([Upserted, Existing]),
      personal,
    },
    context,
  )
  if (typeof answer === 'string') return answer
  const [{ id, new: created = false }] = answer.results
  return { contactId: id, created }
}
