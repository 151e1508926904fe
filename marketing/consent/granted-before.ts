/** SQL that finds leads, by the alias of their table, who agreed to e-mails before a moment: a column of a time. */
export const grantedBefore = (lead: string, moment: string) =>
  `${lead}.email_consent = 'GRANTED' and (${lead}.email_consent_at is null or ${lead}.email_consent_at < ${moment})`
