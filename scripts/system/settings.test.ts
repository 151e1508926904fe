import { expect, test } from 'vitest'
import { apiUrl, developmentSettings, wantedPort } from './settings.ts'

test('npm start takes the port that PORT asks for, or any free one, and refuses what is no port', () => {
  expect(wantedPort({ PORT: '4321' })).toBe(4321)
  expect(wantedPort({})).toBeUndefined()
  for (const PORT of ['eighty', '0', '70000']) expect(() => wantedPort({ PORT })).toThrow(`PORT is "${PORT}"`)
})

test('npm start reads no settings file: it may be that of an installation with real vendors', () => {
  const ports = { api: 4321, sandbox: 4421 }
  const settings = developmentSettings(
    { databaseUrl: 'mysql://localhost/x', redisUrl: 'redis://localhost' },
    ports,
  )
  expect(settings).toMatchObject({ SOLARIA_SETTINGS: 'none', PORT: '4321', PUBLIC_URL: apiUrl(ports) })
})
