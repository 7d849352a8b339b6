import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { Credentials, PrometheusAccess } from '../../core/analysis/access.ts'
import { ProviderError } from '../../ports.ts'
import type { AddressGuard, PrometheusSettings, PrometheusTls } from './settings.ts'

/**
 * Where a Rollout's Prometheus is, and how it lets us in. Of the configuration it has the URL where the Rollout names
 * none, and then what makes that one trusted; never its headers and credentials. Throws a ProviderError that says what
 * is of no use, and shows no credentials.
 */
export function settingsOf(
  access: PrometheusAccess,
  common: PrometheusSettings,
  guard: AddressGuard,
): PrometheusSettings {
  const { url = common.url, headers, credentials } = access
  const tls = tlsOf(access, common)
  if (access.url !== undefined) refuseAddress(access.url, guard)
  if (tls !== undefined && !url.startsWith('https:'))
    throw new ProviderError('its Secret has certificates, and the URL does not begin with https:')
  const authorization = authorizationOf(credentials)
  return {
    url,
    headers,
    ...(authorization !== undefined && { authorization: () => authorization }),
    ...(tls && { tls }),
    ...(access.url !== undefined && { guard }),
  }
}

function refuseAddress(url: string, guard: AddressGuard): void {
  try {
    guard.refuse(new URL(url))
  } catch (error) {
    const { message } = error as Error
    throw new ProviderError(`url is refused: ${message}, found "${url}"`, { cause: error })
  }
}

function authorizationOf({ token, user }: Credentials): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  return user && `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`
}

function tlsOf(
  { url, serverName, credentials }: PrometheusAccess,
  common: PrometheusSettings,
): PrometheusTls | undefined {
  const { ca, client } = credentials
  const { client: _never, ...trusted } = (url === undefined && common.tls) || {}
  const tls = {
    ...trusted,
    ...(serverName !== undefined && { serverName }),
    ...(ca !== undefined && { ca: certificate('ca.crt', ca) }),
    ...(client && { client: { cert: certificate('tls.crt', client.cert), key: keyOf(client) } }),
  }
  return Object.keys(tls).length > 0 ? tls : undefined
}

function certificate(name: string, pem: string): Buffer {
  demand(`${name} of its Secret is no certificate in PEM form`, () => new X509Certificate(pem))
  return Buffer.from(pem)
}

function keyOf({ cert, key }: { readonly cert: string; readonly key: string }): Buffer {
  const found = demand('tls.key of its Secret is no private key in PEM form without a passphrase', () =>
    createPrivateKey(key),
  )
  if (!new X509Certificate(cert).checkPrivateKey(found))
    throw new ProviderError('tls.key of its Secret is not the key of tls.crt')
  return Buffer.from(key)
}

function demand<T>(problem: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new ProviderError(problem, { cause: error })
  }
}
