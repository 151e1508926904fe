// npm run keys: looks after API keys and workspaces in the database itself, whether the API runs or not.
//   npm run keys -- first                     lets you into an installation that nobody can use yet
//   npm run keys -- create --name CRM --role OPERATOR
// Without more it lists its commands; docs/keys.md has the rest.
import { commands, usage } from './keys/commands.ts'
import { useDatabase } from './keys/database.ts'
import { OptionError, readOptions } from './keys/options.ts'

async function main(args: string[]): Promise<void> {
  const { words, options } = readOptions(args)
  const name = words[0] ?? ''
  if (!Object.hasOwn(commands, name)) throw new OptionError(name ? `There is no command "${name}".` : '')
  const lines = await useDatabase((database) =>
    commands[name as keyof typeof commands](database, { words: words.slice(1), options }),
  )
  console.log(lines.join('\n'))
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(
    error instanceof OptionError ? [error.message, usage].filter(Boolean).join('\n\n') : error.message,
  )
  process.exitCode = 1
})
