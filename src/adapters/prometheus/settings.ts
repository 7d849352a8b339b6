/** Certificates in PEM form, and names. */
export interface PrometheusTls {
  /** Absent: the authorities that Node.js trusts. */
  readonly ca?: Buffer
  readonly client?: { readonly cert: Buffer; readonly key: Buffer }
  /** Name in the certificate, if not that of the URL. */
  readonly serverName?: string
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
}

/** What became of a query. */
export type QueryResult = 'Answered' | 'Refused' | 'Failed'

/** Is told what is asked of Prometheus. */
export interface QueryWatcher {
  queried(result: QueryResult, seconds: number): void
  /** Whether it is left alone after failures. */
  resting(isResting: boolean): void
}
