import { expect, test } from 'vitest'
import { startStub } from '../stub.ts'
import { createWhatsapp } from './whatsapp.ts'

test('the check reads the state of the sending number', async () => {
  await using stub = await startStub({
    body: { id: '1065', display_phone_number: '15550783881', quality_rating: 'GREEN' },
  })
  const whatsapp = createWhatsapp({ baseUrl: `${stub.url}/wa/v25.0/`, token: 'tok', phoneNumberId: '1065' })
  expect(await whatsapp.check({ signal: new AbortController().signal })).toEqual({
    displayPhoneNumber: '15550783881',
    verifiedName: undefined,
    qualityRating: 'GREEN',
  })
  expect(stub.requests[0]).toMatchObject({
    method: 'GET',
    path: '/wa/v25.0/1065',
    body: undefined,
  })
  expect(stub.requests[0]!.headers.authorization).toBe('Bearer tok')
})
