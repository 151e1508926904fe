// A front end takes in a lead and watches its welcome, and goes on after a broken connection where it was.
// `graphql` gives each document its types: see codegen.ts beside this file.
import { type Client, createClient } from 'graphql-ws'
import { graphql } from './gql/gql.ts'
import type { TypedDocumentString } from './gql/graphql.ts'

const CreateLead = graphql(`
  mutation FrontEndCreateLead($input: CreateLeadInput!) {
    createLead(input: $input) {
      __typename
      ... on CreateLeadPayload { alreadyExisted lead { id } job { id } }
      ... on InvalidInputError { issues { path message } }
      ... on Error { code message }
    }
  }
`)

const WatchJob = graphql(`
  subscription FrontEndWatchJob($id: ID!, $after: String) {
    jobEvents(filter: { ids: [$id] }, after: $after) {
      __typename
      ... on JobEvent { cursor type progress errorMessage }
      ... on JobEventsSnapshot { cursor jobs { state } }
      ... on JobEventsGap { cursor reason }
    }
  }
`)

interface Connection {
  /** Address of the API, e.g. https://api.example.com/graphql. */
  url: string
  key: string
}

/** Sends one request. @throws when the API could not answer; what a caller must expect is in the result */
export async function send<Data, Variables>(
  { url, key }: Connection,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: document.toString(), variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(errors[0].message)
  return data
}

/** Opens the socket for subscriptions. It connects with the first one, and anew when the connection breaks. */
export function openSocket({ url, key }: Connection, webSocketImpl?: unknown): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 20,
    ...(webSocketImpl !== undefined && { webSocketImpl }),
  })
}

/**
 * Takes in a lead and reports each step of its welcome.
 * @param idempotencyKey one for each time the form is sent: a repeat brings back the first lead
 * @returns the state the job ended in
 */
export async function welcomeLead(
  connection: Connection,
  socket: Client,
  lead: { email: string; firstName?: string; idempotencyKey: string },
  onEvent: (line: string) => void,
): Promise<string> {
  const { createLead } = await send(connection, CreateLead, { input: lead })
  if (createLead.__typename !== 'CreateLeadPayload') throw new Error(createLead.message)
  return watchJob(socket, createLead.job.id, onEvent)
}

const final = ['COMPLETED', 'DEAD', 'CANCELLED']

async function watchJob(socket: Client, id: string, onEvent: (line: string) => void): Promise<string> {
  const variables: { id: string; after?: string } = { id }
  const events = socket.iterate<WatchJobData>({ query: WatchJob.toString(), variables })
  for await (const { data } of events) {
    if (!data) continue
    const event = data.jobEvents
    // The client subscribes with it when it connects anew: nothing is missed while the connection is away.
    variables.after = event.cursor
    onEvent(event.__typename === 'JobEvent' ? event.type : event.__typename)
    const state = stateOf(event)
    if (state && final.includes(state)) return state
  }
  throw new Error('The subscription ended before the job did')
}

type WatchJobData = typeof WatchJob extends TypedDocumentString<infer Data, infer _> ? Data : never

function stateOf(event: WatchJobData['jobEvents']): string | undefined {
  if (event.__typename === 'JobEvent') return event.type
  return event.__typename === 'JobEventsSnapshot' ? event.jobs[0]?.state : undefined
}
