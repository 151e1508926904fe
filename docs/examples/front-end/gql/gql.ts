/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation FrontEndCreateLead($input: CreateLeadInput!) {\n    createLead(input: $input) {\n      __typename\n      ... on CreateLeadPayload { alreadyExisted lead { id } job { id } }\n      ... on InvalidInputError { issues { path message } }\n      ... on Error { code message }\n    }\n  }\n": typeof types.FrontEndCreateLeadDocument,
    "\n  subscription FrontEndWatchJob($id: ID!, $after: String) {\n    jobEvents(filter: { ids: [$id] }, after: $after) {\n      __typename\n      ... on JobEvent { cursor type progress errorMessage }\n      ... on JobEventsSnapshot { cursor jobs { state } }\n      ... on JobEventsGap { cursor reason }\n    }\n  }\n": typeof types.FrontEndWatchJobDocument,
};
const documents: Documents = {
    "\n  mutation FrontEndCreateLead($input: CreateLeadInput!) {\n    createLead(input: $input) {\n      __typename\n      ... on CreateLeadPayload { alreadyExisted lead { id } job { id } }\n      ... on InvalidInputError { issues { path message } }\n      ... on Error { code message }\n    }\n  }\n": types.FrontEndCreateLeadDocument,
    "\n  subscription FrontEndWatchJob($id: ID!, $after: String) {\n    jobEvents(filter: { ids: [$id] }, after: $after) {\n      __typename\n      ... on JobEvent { cursor type progress errorMessage }\n      ... on JobEventsSnapshot { cursor jobs { state } }\n      ... on JobEventsGap { cursor reason }\n    }\n  }\n": types.FrontEndWatchJobDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation FrontEndCreateLead($input: CreateLeadInput!) {\n    createLead(input: $input) {\n      __typename\n      ... on CreateLeadPayload { alreadyExisted lead { id } job { id } }\n      ... on InvalidInputError { issues { path message } }\n      ... on Error { code message }\n    }\n  }\n"): typeof import('./graphql.ts').FrontEndCreateLeadDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription FrontEndWatchJob($id: ID!, $after: String) {\n    jobEvents(filter: { ids: [$id] }, after: $after) {\n      __typename\n      ... on JobEvent { cursor type progress errorMessage }\n      ... on JobEventsSnapshot { cursor jobs { state } }\n      ... on JobEventsGap { cursor reason }\n    }\n  }\n"): typeof import('./graphql.ts').FrontEndWatchJobDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
