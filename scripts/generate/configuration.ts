import { code, document, type GeneratedFile, notice, table } from './file.ts'
import { type Setting, settingGroups } from './settings.ts'

const intro = `# Configuration

Every process reads its settings **each time it starts**, so \`npm run reload\`, a restart and a reboot take changes. It
checks all of them at once, names each one that is missing, wrong or misspelt, and then does not start. \`npm start\` and
\`npm test\` set everything by themselves and read no file.

**The file.** \`solaria.env\` beside the project, or the one that \`SOLARIA_SETTINGS\` names. [solaria.env.example](../solaria.env.example)
is its template:

\`\`\`sh
install -m 600 solaria.env.example solaria.env
\`\`\`

- One \`NAME=value\` a line; \`#\` begins a remark. A value with \`#\` or quotes in it is put into quotes of the other kind.
- It holds secrets: a file that everyone on the machine may read, or its group may write, is refused.
- A name that is no setting is refused, so that a misspelt one is noticed.

**What counts.**

1. \`OVERRIDE_NAME\` in the environment, for one command:
   \`OVERRIDE_DATABASE_URL=mysql://… npm run migrate\`. PM2 keeps what it once was given, so give it none; a process logs
   the names of overridden settings when it starts.
2. The file. Where there is one, **other variables of the environment do not count**, not even for settings the file leaves
   out: PM2 starts processes with the environment of their first start for ever, and a reboot with that of \`pm2 save\`.
   A process logs the names of those it ignores.
3. Where there is no file, or \`SOLARIA_SETTINGS=none\`: the environment, as Docker and systemd set it.
4. The default. A setting without one is **required**, unless the table calls it optional.

Instead of \`NAME\`, \`NAME_FILE\` may name a file that holds the value, as Docker and systemd hand over secrets; \`NAME\`
wins if both are set. An empty value counts as not set. 🔑 marks a secret: keep it out of the repository. No value is ever
logged.`

/** docs/configuration.md: every setting there is. */
export function configurationFile(): GeneratedFile {
  const sections = settingGroups().map(
    ({ title, settings }) =>
      `## ${title}\n\n${table(['setting', 'what it is', 'default', 'accepts'], settings.map(row))}`,
  )
  const content = document(notice('runtime/config.ts'), intro, ...sections)
  return { path: 'docs/configuration.md', content }
}

function row(setting: Setting): string[] {
  const label = setting.secret ? `${code(setting.name)} 🔑` : code(setting.name)
  return [label, setting.description, defaultOf(setting), accepts(setting)]
}

function defaultOf({ default: value, required }: Setting): string {
  if (value === '') return 'empty'
  if (value !== undefined) return code(value)
  return required ? '**required**' : 'optional'
}

function accepts({ values, kind }: Setting): string {
  if (!values) return kind
  return values.map(code).join(values[0] === 'true' ? ' or ' : ', ')
}
