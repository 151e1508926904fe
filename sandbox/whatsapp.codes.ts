/** Message and HTTP status per Graph error code (integrations.md 5.6); copies disagree about the statuses. */
export const codes: Record<number, [message: string, status: number]> = {
  0: ['AuthException', 401],
  1: ['An unknown error occurred', 500],
  2: ['Service temporarily unavailable', 503],
  3: ['Application does not have the capability to make this API call.', 403],
  4: ['Application request limit reached', 429],
  10: ['Application does not have permission for this action', 403],
  33: ['Unsupported request', 400],
  100: ['Invalid parameter', 400],
  190: ['Invalid OAuth access token - Cannot parse access token', 401],
  200: ['You do not have the necessary permissions', 403],
  368: ['Temporarily blocked for policies violations', 403],
  80007: ['There have been too many calls to this WhatsApp Business account', 429],
  130429: ['Rate limit hit', 429],
  130472: ["User's number is part of an experiment", 400],
  130497: ['Business account is restricted from messaging users in this country.', 403],
  131000: ['Something went wrong', 500],
  131005: ['Access denied', 403],
  131008: ['Required parameter is missing', 400],
  131009: ['Parameter value is not valid', 400],
  131016: ['Service unavailable', 500],
  131021: ['Recipient cannot be sender', 400],
  131026: ['Message undeliverable', 400],
  131031: ['Business Account locked', 403],
  131037: ['WhatsApp provided number needs display name approval before message can be sent.', 400],
  131042: ['Business eligibility payment issue', 400],
  131045: ['Incorrect certificate', 500],
  131047: ['Re-engagement message', 400],
  131048: ['Spam rate limit hit', 400],
  131049: ['This message was not delivered to maintain healthy ecosystem engagement.', 400],
  131050: ['User has stopped receipt of marketing messages from this business', 400],
  131051: ['Unsupported message type', 400],
  131052: ['Media download error', 400],
  131053: ['Media upload error', 400],
  131056: ['(Business Account, Consumer Account) pair rate limit hit', 400],
  131057: ['Business Account is in maintenance mode', 500],
  131062: ['Recipient known by user id only cannot receive this message', 400],
  132000: ['Number of parameters does not match the expected number of params', 400],
  132001: ['Template name does not exist in the translation', 404],
  132005: ['Translated text too long', 400],
  132007: ['Template format character policy violated', 400],
  132012: ['Parameter format does not match format in the created template', 400],
  132015: ['Template is paused', 400],
  132016: ['Template is disabled', 400],
  132068: ['Flow is blocked', 400],
  132069: ['Flow is throttled', 400],
  133000: ['Incomplete deregistration', 500],
  133004: ['Server temporarily unavailable', 503],
  133005: ['Two step verification PIN mismatch', 400],
  133006: ['Phone number re-verification needed', 400],
  133008: ['Too many two step verification PIN guesses', 400],
  133009: ['Two step verification PIN guessed too fast', 400],
  133010: ['Phone number not registered', 400],
}

/**
 * Spanish mobile numbers that are refused with the six-digit code they end in: `34600131049` at once, `34601131049`
 * later by webhook. They are valid numbers, and no others end in a code of the table.
 */
export function codeIn(waId: string, when: 'at once' | 'later'): number | undefined {
  const [, digits] = new RegExp(`^3460${when === 'at once' ? 0 : 1}(\\d{6})$`).exec(waId) ?? []
  return digits && digits[0] !== '0' && codes[Number(digits)] ? Number(digits) : undefined
}
