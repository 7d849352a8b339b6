import { describe, expect, it } from 'vitest'
import { credentialsIn } from '../../../src/core/analysis/access.ts'

describe('the credentials in a Secret', () => {
  it.each([
    ['a token, without the line end of its file', { token: 'abc\n' }, { token: 'abc' }],
    [
      'a user with a password',
      { username: 'shop', password: 'a:b ' },
      { user: { name: 'shop', password: 'a:b' } },
    ],
    ['an authority', { 'ca.crt': 'CA\n' }, { ca: 'CA' }],
    [
      'a client certificate beside an empty authority, as cert-manager may write it',
      { 'ca.crt': '', 'tls.crt': 'CERT', 'tls.key': 'KEY' },
      { client: { cert: 'CERT', key: 'KEY' } },
    ],
    ['what is known among other things', { token: 'abc', note: 'ours' }, { token: 'abc' }],
  ])('are %s', (_what, data: Record<string, string>, credentials) => {
    expect(credentialsIn(data)).toEqual({ credentials })
  })

  it.each([
    [{}, 'it has none of the keys token, username, password, ca.crt, tls.crt, tls.key'],
    [{ Token: 'secret' }, 'it has none of the keys'],
    [{ token: '\n' }, 'it has none of the keys'],
    [{ username: 'secret' }, 'it has username, and no password beside it'],
    [{ password: 'secret' }, 'it has password, and no username beside it'],
    [{ token: 'a', 'tls.crt': 'secret' }, 'it has tls.crt, and no tls.key beside it'],
    [{ 'tls.key': 'secret' }, 'it has tls.key, and no tls.crt beside it'],
    [{ token: 'secret', username: 'a', password: 'b' }, 'it has both token and username'],
    [{ token: 'secret\r\nX-Other: 1' }, 'its token must be one line of printable ASCII characters'],
    [{ username: 'secret', password: 'ä' }, 'its password must be one line of printable ASCII characters'],
    [{ username: 'a:secret', password: 'b' }, 'its username must have no colon'],
  ])('are none in %j, which is told without a value', (data: Record<string, string>, problem) => {
    const found = credentialsIn(data)
    expect(found).toEqual({ problem: expect.stringContaining(problem) as string })
    expect(JSON.stringify(found)).not.toContain('secret')
  })
})
