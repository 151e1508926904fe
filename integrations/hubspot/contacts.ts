// Contacts of a HubSpot portal, known by their id, their e-mail address, or a phone number alone.

import { z } from 'zod'
import { type CallContext, unlessAbsent } from '../client.ts'
import { type CrmChange, type CrmChanged, type NewCrmContact, refuseFaults, toCrmNames } from '../crm.ts'
import { VendorError } from '../errors.ts'
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
const Found = z.object({ results: z.array(Contact) })

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
 * Creates a contact; one that exists already, under this or a secondary address, is named by HubSpot in its refusal and
 * patched. Most leads are new, so most calls succeed: HubSpot wants apps to stay under 5 % of error answers. A patch is
 * partial, which an upsert by e-mail is not: what sales people entered stays.
 */
export async function upsertContact(
  portal: Portal,
  contact: NewCrmContact,
  context: CallContext,
): Promise<{ contactId: string; created: boolean }> {
  const { email, fields, fieldsIfNew } = contact
  const known = email === undefined ? await findByPhone(portal, fields.phone ?? '', context) : undefined
  const made = known ?? (await create(portal, email, { ...fieldsIfNew, ...fields }, context))
  if (typeof made !== 'string') return made
  const properties = toCrmNames(portal.mapping, fields)
  await patch(portal, made, properties, context)
  return { contactId: made, created: false }
}

/** Patches a contact by its id. Under an id that was deleted or merged away HubSpot finds none. */
export async function updateContact(
  portal: Portal,
  { contactId, email, fields }: CrmChange,
  context: CallContext,
): Promise<CrmChanged> {
  const properties = { ...(email !== undefined && { email }), ...toCrmNames(portal.mapping, fields) }
  const answer = await unlessAbsent((expects) => patch(portal, contactId, properties, context, expects))
  if (answer === undefined) return { kind: 'gone' }
  return typeof answer === 'string' ? { kind: 'taken', contactId: answer } : { kind: 'changed' }
}

/** @returns the contact that was made, or the id of one that is in its way */
async function create(
  { create: call, version, mapping }: Portal,
  email: string | undefined,
  fields: NewCrmContact['fields'],
  context: CallContext,
): Promise<{ contactId: string; created: boolean } | string> {
  const properties = { ...(email !== undefined && { email }), ...toCrmNames(mapping, fields) }
  const request = {
    operation: 'upsertContact',
    method: 'POST',
    path: `/crm/objects/${version}/contacts`,
    body: { properties },
    // HubSpot does not make a second contact with the same address, and before one without an address is made it is
    // looked for by its phone number.
    repeatable: true,
    answer: z.union([Existing, Contact]),
    personal: Object.values(properties),
  } as const
  const answer = await (email === undefined
    ? afterSettling(() => call(request, context))
    : call(request, context))
  return typeof answer === 'string' ? answer : { contactId: answer.id, created: true }
}

/** How long the search takes to show a new contact, generously. */
const SEARCH_LAG_MS = 60_000

/** A contact without an address whose creation was not answered is found again only once the search shows it. */
async function afterSettling<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof VendorError) || !['TRANSIENT', 'UNKNOWN'].includes(error.errorClass)) throw error
    throw new VendorError({
      ...{ vendor: error.vendor, operation: error.operation, code: error.code, status: error.status },
      errorClass: 'TRANSIENT',
      meaning: 'whether the contact was created is not known; it is looked for before it is created again',
      retryAfterMs: SEARCH_LAG_MS,
    })
  }
}

/** A contact is unique by its address only, so one without is looked for; of several the oldest is taken. */
async function findByPhone(
  { call, version, mapping }: Portal,
  phone: string,
  context: CallContext,
): Promise<string | undefined> {
  if (mapping.phone === undefined || phone === '') return undefined
  const filter = { propertyName: mapping.phone, operator: 'EQ', value: phone }
  const { results } = await call(
    {
      operation: 'upsertContact',
      method: 'POST',
      path: `/crm/objects/${version}/contacts/search`,
      body: {
        filterGroups: [{ filters: [filter] }],
        sorts: ['hs_object_id'],
        properties: [],
        limit: 1,
        after: '0',
      },
      repeatable: true,
      answer: Found,
      personal: [phone],
    },
    context,
  )
  return results[0]?.id
}

/** Nothing to write takes no call. @returns the contact, or the id of one that has the address already */
function patch(
  { create: call, version }: Portal,
  contactId: string,
  properties: Record<string, string>,
  context: CallContext,
  expects?: Expects,
): Promise<{ id: string } | string> {
  if (Object.keys(properties).length === 0) return Promise.resolve({ id: contactId })
  return call(
    {
      operation: 'upsertContact',
      method: 'PATCH',
      path: `/crm/objects/${version}/contacts/${encodeURIComponent(contactId)}`,
      body: { properties },
      repeatable: true,
      answer: z.union([Existing, Contact]),
      personal: Object.values(properties),
      expects,
    },
    context,
  )
}
