/**
 * The workspace's objects and their fields. Every workspace has a schema of its own; this one has the usual fields and, as
 * custom text fields of people, `locale`, `source` and `stage`.
 */
const own = {
  id: 'UUID',
  createdAt: 'DateTime',
  updatedAt: 'DateTime',
  deletedAt: 'DateTime',
  createdBy: 'Actor',
  updatedBy: 'Actor',
} as const

/** Fields that the caller may set, with their types. */
export const objects = {
  person: {
    plural: 'people',
    fields: {
      ...{ name: 'FullName', emails: 'Emails', phones: 'Phones', jobTitle: 'String', city: 'String' },
      ...{ companyId: 'UUID', locale: 'String', source: 'String', stage: 'String' },
    },
  },
  note: { plural: 'notes', fields: { title: 'String', bodyV2: 'RichTextV2' } },
  noteTarget: {
    plural: 'noteTargets',
    fields: { noteId: 'UUID', targetPersonId: 'UUID', targetCompanyId: 'UUID', targetOpportunityId: 'UUID' },
  },
  opportunity: {
    plural: 'opportunities',
    fields: {
      ...{ name: 'String', stage: 'OpportunityStageEnum', amount: 'Currency', closeDate: 'DateTime' },
      ...{ pointOfContactId: 'UUID', companyId: 'UUID' },
    },
  },
} as const
export type ObjectName = keyof typeof objects
export const objectNames = Object.keys(objects) as ObjectName[]

/** Types with parts. */
export const composites: Record<string, Record<string, string>> = {
  FullName: { firstName: 'String', lastName: 'String' },
  Emails: { primaryEmail: 'String', additionalEmails: 'RawJSON' },
  Phones: {
    ...{ primaryPhoneNumber: 'String', primaryPhoneCountryCode: 'String' },
    ...{ primaryPhoneCallingCode: 'String', additionalPhones: 'RawJSON' },
  },
  RichTextV2: { blocknote: 'String', markdown: 'String' },
  Currency: { amountMicros: 'Float', currencyCode: 'String' },
  Actor: { source: 'String', name: 'String' },
}

/** All fields of an object, with their types. */
export function fieldsOf(name: ObjectName): Record<string, string> {
  return { ...own, ...objects[name].fields }
}

export function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
