/** For tests that call no vendor: settings that are valid and lead nowhere. */
export const unusedVendors = {
  MAILCHIMP_BASE_URL: 'http://localhost:1',
  MAILCHIMP_API_KEY: 'not-used',
  MAILCHIMP_LIST_ID: 'x',
  MANDRILL_API_KEY: 'not-used',
  MANDRILL_FROM_EMAIL: 'a@example.com',
  WHATSAPP_TOKEN: 'not-used',
  WHATSAPP_PHONE_NUMBER_ID: 'x',
  HUBSPOT_TOKEN: 'not-used',
}
