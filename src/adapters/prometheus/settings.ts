import type { LookupFunction } from 'node:net'

/** Certificates in PEM form, and names. */
export interface PrometheusTls {
  /** Absent: the authorities that Node.js trusts. */
  readonly ca?: Buffer
  readonly client?: { readonly cert: Buffer; readonly key: Buffer }
  /** Name in the certificate, if not that of the URL. */
  readonly serverName?: string
}

/** Keeps URLs of users from addresses that are not for them. */
export interface AddressGuard {
  /** Throws an Error that says why the host of a URL is not asked. */
  refuse(url: URL): void
  /** Resolves names, and fails for those that lead to such an address. */
  readonly lookup: LookupFunction
}

/** Where something is that speaks the API of Prometheus, and how it lets us in. */
export interface PrometheusSettings {
  /** May have a path, below which the API begins. */
  readonly url: string
  /** Of each request, such as `X-Scope-OrgID`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The header `authorization` as it is now. */
  readonly authorization?: () => string
  readonly tls?: PrometheusTls
  /** Set where the URL is a user's: then no proxy of the environment is used, either. */
  readonly guard?: AddressGuard
}

/** What became of a query. */
export type QueryResult = 'Answered' | 'Refused' | 'Failed'

/** Is told what is asked of Prometheus. */
export interface QueryWatcher {
  queried(result: QueryResult, seconds: number): void
  /** Whether it is left alone after failures. */
  resting(isResting: boolean): void
}
