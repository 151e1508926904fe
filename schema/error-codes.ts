/** Every error code of the API: what it means and what the caller can do. The docs' table is generated from this list. */
export const errorCodes = {
  INVALID_INPUT: [
    'A value of the input is not acceptable.',
    'Correct the values named in `issues` and send it again.',
  ],
  INVALID_CURSOR: ['The cursor is not one this API gave out.', 'Start without a cursor.'],
  IDEMPOTENCY_CONFLICT: [
    'The idempotency key was used before with other input.',
    'Use a new key for a new request, or repeat the first input.',
  ],
  LEAD_EXISTS: [
    'The workspace has a lead with this e-mail address.',
    'Use the lead that is there, or change it with `updateLead`.',
  ],
  VERSION_CONFLICT: [
    'The lead or campaign was changed by someone else meanwhile.',
    'Read it again and repeat the change on its new version.',
  ],
  NOT_FOUND: ['Nothing with this id is in the workspace.', 'Check the id and the workspace of the API key.'],
  WRONG_STATE: [
    'The job is in a state that does not allow this.',
    'Look at its state; only some states can be retried or cancelled.',
  ],
  NOT_A_DRAFT: [
    'The campaign is scheduled, sent or cancelled, so it cannot be edited.',
    'Take it back with `unscheduleCampaign` first, if it is scheduled.',
  ],
  INVALID_TRANSITION: [
    'The campaign cannot go from its state to the one asked for.',
    'Look at its state; docs/campaigns.md has the table of what may follow what.',
  ],
  CAMPAIGN_INCOMPLETE: [
    'The campaign lacks what Mailchimp wants before it sends.',
    'Add what is named in `missing`, then schedule it.',
  ],
  MESSAGE_SETTLED: [
    'The message is in no state in which this can be decided about it.',
    'Look at its state: one that is `UNKNOWN` can be resolved, one that did not get through sent again.',
  ],
  SCHEDULE_BUSY: [
    'A job of the schedule is not final yet, and its jobs must not overlap.',
    'Wait for the job that is named, or cancel it.',
  ],
  BUILT_IN_SCHEDULE: ['The schedule comes with its job, so it cannot be deleted.', 'Use `pauseSchedule`.'],
  PERMISSION_EXCEEDED: [
    'A key would be able to do more than the key that makes it.',
    'Leave out the permissions named in `missing`, or use a key that has them.',
  ],
  LAST_ADMIN_KEY: [
    'It is the last key that looks after the workspace.',
    'Create another first, or set `evenIfLast`; `npm run keys` on the server makes one at any time.',
  ],
  API_KEY_ENDED: ['The key has expired or was revoked, which is final.', 'Create a new one.'],
  API_KEY_REPLACED: [
    'The key was rotated already.',
    'Use the key named in `replacedBy`; if its secret was lost, revoke that one and rotate again.',
  ],
  ADMIN_KEY_EXISTS: [
    'The workspace has an administrator already (of `npm run keys` only).',
    'Use that key, or ask for another explicitly.',
  ],
  WORKSPACE_EXISTS: ['A workspace has this slug already.', 'Choose another slug.'],
  UNKNOWN_JOB: ['There is no job of this name.', 'See `jobDefinitions` for the names.'],
  UNAUTHENTICATED: [
    'The API key is missing, unknown, expired or revoked.',
    'Send `Authorization: Bearer <key>`, on a WebSocket as `authorization` in the connection parameters.',
  ],
  FORBIDDEN: [
    'The API key may not do this.',
    'Use a key whose role or scopes include the permission named in the message.',
  ],
  TOO_COMPLEX: [
    'The document is too long, too deep or too costly.',
    'Ask for fewer fields or smaller pages.',
  ],
  TOO_MANY_SUBSCRIPTIONS: [
    'The connection or the key holds as many subscriptions as it may.',
    'End some; the message says which of the two it is.',
  ],
  TOO_SLOW: [
    'The database took too long to answer.',
    'Narrow it down: by time, name or state, or with smaller pages.',
  ],
  ANSWER_TOO_LARGE: ['The answer is larger than it may be.', 'Ask for fewer fields or smaller pages.'],
  UNAVAILABLE: [
    'The server cannot answer at the moment.',
    'Repeat it after the seconds in `Retry-After`, or after a few.',
  ],
  GRAPHQL_PARSE_FAILED: ['The document is not GraphQL.', 'Correct the syntax at the place named.'],
  GRAPHQL_VALIDATION_FAILED: [
    'The document does not fit the schema.',
    'Correct it at the place named; the schema is in `schema/schema.graphql`.',
  ],
  BAD_REQUEST: [
    'The request is not a GraphQL request.',
    'Send JSON with `query` and, if needed, `variables` and `operationName`.',
  ],
  INTERNAL: [
    'Something unexpected went wrong on the server.',
    'Try again later; name the `correlationId` when you report it.',
  ],
} as const satisfies Record<string, readonly [sentence: string, remedy: string]>

export type ErrorCode = keyof typeof errorCodes
