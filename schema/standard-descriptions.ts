import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql'

/**
 * Descriptions of what means the same everywhere in the API, so that each is written once. A type, field or argument with
 * a description of its own keeps it; test/descriptions.test.ts fails for one that has neither.
 */
export function describeStandardParts(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    type.description ??= descriptionOfType(type)
    if (isObjectType(type) || isInterfaceType(type))
      describeFields(type.name, Object.values(type.getFields()))
    if (isInputObjectType(type)) describeInputs(type.name, Object.values(type.getFields()))
  }
}

function describeFields(type: string, all: readonly GraphQLField<unknown, unknown>[]): void {
  for (const field of all) {
    field.description ??= field.name === 'id' ? idOf(type) : fields[field.name]
    describeArguments(field.args)
  }
}

function describeInputs(type: string, all: readonly GraphQLInputField[]): void {
  for (const field of all)
    field.description ??= field.name === 'id' ? idOf(targetOf(type)) : inputs[field.name]
}

function describeArguments(all: readonly GraphQLArgument[]): void {
  for (const argument of all) argument.description ??= args[argument.name]
}

const roots: Record<string, string> = {
  Query: 'What can be read.',
  Mutation: 'What can be done. Each takes one `input` and answers with a payload or a typed error.',
  Subscription: 'What can be watched live.',
}

/** Types that follow from others are recognised by their name. */
function descriptionOfType(type: GraphQLNamedType): string | undefined {
  const { name } = type
  if (roots[name]) return roots[name]
  const [, of = name, kind] = /^(.+?)(Connection|Edge|Payload|Input|Result)$/.exec(name) ?? []
  if (kind === 'Connection') return `A page of a list of ${of}: what follows \`after\`, at most \`first\`.`
  if (kind === 'Edge') return `One ${of} of a page, with the cursor of its place.`
  if (kind === 'Payload' && isObjectType(type)) return `The answer of \`${verb(of)}\` when it was done.`
  if (kind === 'Result' && isUnionType(type)) return `The answer of \`${verb(of)}\`, or why there is none.`
  if (kind === 'Input' && isInputObjectType(type)) return `What \`${verb(of)}\` takes.`
  return undefined
}

const verb = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

/** Words of a type's name: `WebhookReceipt` is a webhook receipt. */
const words = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

const idOf = (name: string) => `Id of the ${words(name)}.`

/** What an input is about: `CancelJobInput` is about a job. */
function targetOf(input: string): string {
  const noun = /(Campaign|Job|Lead|Schedule|Backup|Message|WebhookReceipt)(?:Now)?Input$/.exec(input)
  return noun?.[1] ?? input.replace(/Input$/, '')
}

const fields: Record<string, string> = {
  edges: 'The items with their cursors.',
  nodes: 'The items.',
  pageInfo: 'Whether there is more, and where.',
  cursor: 'Where it stands; for `after`.',
  node: 'The item.',
  code: 'What kind of error it is, for programs.',
  message: 'What is wrong and what was expected, for people.',
  job: 'The job that does it; null when it is gone.',
  jobId: 'Id of the job.',
  lead: 'The lead; null when it is gone.',
  leadId: 'Id of the lead.',
  campaign: 'The campaign; null when it is gone.',
  campaignId: 'Id of the campaign.',
  schedule: 'The schedule.',
  backup: 'The backup; null when it was forgotten.',
  receipt: 'The receipt.',
  vendor: 'The vendor.',
  channel: 'The channel.',
  state: 'Its state.',
  worker: 'Host and process that ran it.',
  createdAt: 'When it was created.',
  updatedAt: 'When it was changed last.',
  startedAt: 'When it was started; null before.',
  finishedAt: 'When it ended; null before.',
  at: 'When it happened.',
  correlationId: 'Ties together everything that follows from one request.',
}

const inputs: Record<string, string> = {
  vendor: 'The vendor.',
  channel: 'The channel.',
  campaignId: 'Only about this campaign.',
  leadId: 'Only about this lead.',
  states: 'Only in one of these states.',
  channels: 'Only by these channels.',
  createdFrom: 'Only created at this time or later.',
  createdBefore: 'Only created before this time.',
}

const args: Record<string, string> = {
  first: 'How many at most: 1 to 200, by default 50.',
  after: 'Continue behind this cursor.',
  input: 'What it takes.',
  id: 'Its id.',
  count: 'How many at most.',
  states: 'Only in one of these states.',
  campaignId: 'Id of the campaign.',
  leadId: 'Id of the lead.',
  filter: 'What they have in common; left out: all.',
  range: 'Which days, and in which steps.',
}
