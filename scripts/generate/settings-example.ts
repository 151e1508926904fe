import type { GeneratedFile } from './file.ts'
import { type Setting, settingGroups } from './settings.ts'

const intro = `# Settings of Solaria Control Plane. Template, generated from runtime/config.ts by \`npm run generate\`; do not edit it.
#   install -m 600 solaria.env.example solaria.env
# One NAME=value a line. A value with # or quotes in it is put into quotes of the other kind. Every process reads the file
# when it starts: npm run reload takes changes. What else there is to know: docs/configuration.md.`

/** solaria.env.example: what is required to fill in, and every other setting with its default, as a remark. */
export function exampleFile(): GeneratedFile {
  const sections = settingGroups().map(
    ({ title, settings }) => `\n# ===== ${title}\n\n${settings.map(block).join('\n\n')}\n`,
  )
  return { path: 'solaria.env.example', content: `${intro}\n${sections.join('')}` }
}

function block(setting: Setting): string {
  const { name, description, required } = setting
  const line = `${name}=${setting.default ?? ''}`
  return `# ${description}.\n# ${about(setting)}\n${required ? line : `# ${line}`}`
}

function about({ required, secret, values, kind }: Setting): string {
  const accepts = values ? `one of ${values.join(', ')}` : kind
  return [...(required ? ['Required'] : []), ...(secret ? ['Secret'] : []), `Accepts: ${accepts}`].join('. ')
}
