/** One home each: what only one place of the product may touch, so that there is one place to look and to change. */

interface Home {
  what: string
  homes: readonly string[]
}

export interface PackageHome extends Home {
  /** Matches the specifier of an import. */
  pattern: RegExp
  /** Places that may name its types. */
  types?: readonly string[]
}

export interface CodeHome extends Home {
  /** Matches code, never comments or texts, unless `textsToo` is set. */
  pattern: RegExp
  /** Whether tests must keep to it too. */
  testsToo?: true
  /** Whether the pattern may match texts, too, as of SQL; then comments count as well. */
  textsToo?: true
}

const tools = ['test', 'bench', 'scripts']

export const packageHomes: readonly PackageHome[] = [
  { what: '@mikro-orm/mariadb', pattern: /^@mikro-orm\/mariadb$/, homes: ['runtime/db.ts', ...tools] },
  { what: 'bullmq', pattern: /^bullmq(\/|$)/, homes: ['queue', ...tools] },
  { what: 'ioredis', pattern: /^ioredis(\/|$)/, homes: ['queue', ...tools], types: ['ledger'] },
  { what: 'graphql-yoga', pattern: /^(graphql-yoga|@graphql-yoga\/.*)$/, homes: ['server', ...tools] },
  { what: 'graphql-ws', pattern: /^graphql-ws(\/|$)/, homes: ['server', 'docs/examples', ...tools] },
  { what: 'ws', pattern: /^ws$/, homes: ['server', ...tools] },
  { what: 'croner', pattern: /^croner(\/|$)/, homes: ['ledger/schedules/cron.ts', ...tools] },
  { what: 'cronstrue', pattern: /^cronstrue(\/|$)/, homes: ['ledger/schedules/cron-words.ts', ...tools] },
  { what: '@pothos', pattern: /^@pothos\//, homes: ['schema/builder.ts', ...tools] },
]

const rootFiles = ['vitest.config.ts', 'ecosystem.config.cjs']

export const codeHomes: readonly CodeHome[] = [
  {
    what: 'process.env',
    pattern: /\bprocess\s*\.\s*env\b|\bprocess\s*\[/g,
    homes: ['runtime/config.ts', 'bin/sandbox.ts', ...rootFiles, ...tools],
  },
  {
    what: 'fetch(',
    pattern: /(?<![\w.$])(?:globalThis\s*\.\s*)?fetch\s*\(/g,
    // The page talks to the API and to nobody else.
    homes: ['integrations/http.ts', 'console', 'docs/examples', ...tools],
  },
  {
    // Around marketing/messages/ nobody asks for consent, suppression and what was sent before.
    what: 'a verb that writes to people',
    pattern: /\.\s*(?:sendTemplate|sendText|sendMedia|senders)\s*\(/g,
    homes: ['marketing/messages', 'integrations', ...tools],
  },
  { what: 'console.', pattern: /(?<![\w.$])console\s*\./g, homes: ['scripts', 'bench'], testsToo: true },
  {
    what: 'a column of a consent',
    pattern:
      /\b(?:email|whatsapp)_consent(?:_at)?\b|\bnativeUpdate\(\s*Lead\b[^;]*\b(?:email|whatsapp)Consent/g,
    homes: ['marketing/consent', 'migrations', ...tools],
    textsToo: true,
  },
  {
    // As a live source it leaks: `return()` does not reach one that waits for the next event.
    what: 'an async generator',
    pattern: /\basync\s*(?:function\s*)?\*/g,
    homes: ['test'],
  },
]
