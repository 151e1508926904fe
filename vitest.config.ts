import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Without it Vite takes another entry of graphql than Node does, and two copies refuse each other.
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.data/**', '.tools/**'],
    globalSetup: 'test/support/global-setup.ts',
    // Two cores: more files at once would only make each other's waits longer.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
