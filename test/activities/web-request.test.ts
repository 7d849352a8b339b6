import { describe, expect, it } from 'vitest'
import { webRequest } from '../../src/activities/web-request.ts'
import type { FilledHttp } from '../../src/core/analysis/query/web.ts'
import { RefusedError } from '../../src/ports.ts'
import { FakeSecrets } from '../fakes/secrets.ts'

const HTTP: FilledHttp = {
  url: 'https://a/',
  method: 'GET',
  headers: [{ name: 'Accept-Language', value: 'en' }],
  headersFrom: [{ name: 'Authorization', secretKeyRef: { name: 'survey', key: 'token' } }],
  jsonPath: '$',
  caFrom: { secretKeyRef: { name: 'survey', key: 'ca.crt' } },
}

describe('the request of a web metric', () => {
  it('has what is in Secrets of the namespace, without the line end of the file it came from', async () => {
    const secrets = new FakeSecrets()
    secrets.put({ namespace: 'shop', name: 'survey' }, 'token', 'Bearer x\n')
    secrets.put({ namespace: 'shop', name: 'survey' }, 'ca.crt', 'PEM\n')
    expect(await webRequest(HTTP, 'shop', secrets)).toEqual({
      url: 'https://a/',
      method: 'GET',
      headers: { 'Accept-Language': 'en', Authorization: 'Bearer x' },
      jsonPath: '$',
      ca: 'PEM\n',
    })
  })

  it('is none when a Secret is missing', async () => {
    await expect(webRequest(HTTP, 'shop', new FakeSecrets())).rejects.toThrow(RefusedError)
  })
})
