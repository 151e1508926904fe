/**
 * The languages a member can have at Mailchimp, by its codes
 * (https://mailchimp.com/help/view-and-edit-contact-languages/). `es` is the Spanish of Mexico, `pt` the Portuguese of Brazil.
 */
const codes = new Set(
  (
    'en ar af be bg ca zh hr cs da nl et fa fi fr fr_CA de el he hi hu is id ga it ja km ko lv lt mt ms mk no pl pt ' +
    'pt_PT ro ru sr sk sl es es_ES sw sv ta th tr uk vi'
  ).split(' '),
)

/** Norwegian is one language at Mailchimp; older codes of Hebrew and Indonesian mean today's. */
const same: Record<string, string> = { nb: 'no', nn: 'no', iw: 'he', in: 'id' }

/**
 * Mailchimp's code of a locale.
 * @param locale BCP 47, e.g. es-ES
 * @returns undefined when Mailchimp does not have the language, such as Filipino
 */
export function mailchimpLanguage(locale: string | null | undefined): string | undefined {
  const { language, region } = parts(locale)
  const own = `${same[language] ?? language}`
  return [`${own}_${region}`, own].find((code) => codes.has(code))
}

function parts(locale: string | null | undefined): { language: string; region: string } {
  try {
    const { language, region = '' } = new Intl.Locale(locale ?? 'und')
    return { language, region }
  } catch {
    return { language: 'und', region: '' }
  }
}
