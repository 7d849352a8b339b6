import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { constants, gzipSync } from 'node:zlib'
import { BOUNDARIES, ERRORS, RATES, countAt, scrapesOf } from './traffic.ts'

/** Starts a server that answers Sluice's queries as Prometheus would; its URL. */
export async function startSynthetic(): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  // As long as Prometheus does.
  server.keepAliveTimeout = 300_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const params = new URLSearchParams(await text(request))
  const query = params.get('query') ?? ''
  const [, quoted = '""'] = /destination_service=~?("(?:[^"\\]|\\.)*")/.exec(query) ?? []
  const stepMs = Number(params.get('step')) * 1000
  const services = (JSON.parse(quoted) as string).replaceAll('\\', '').split('|')
  const rowsOf = query.includes('istio_requests_total') ? requestRows : latencyRows
  const timesOf = stepMs > 0 ? () => stepsOf(params, stepMs) : scrapesAskedFor(params, query)
  const rows = services.flatMap((service) => rowsOf(service, timesOf(service)))
  const body = `{"status":"success","data":{"resultType":"matrix","result":[${rows.join(',')}]}}`
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    // As Prometheus does when the client takes it.
    .end(gzipSync(body, { level: constants.Z_BEST_SPEED }))
}

/** Times of a range query, in milliseconds. */
function stepsOf(params: URLSearchParams, stepMs: number): number[] {
  const [from, to] = [Number(params.get('start')) * 1000, Number(params.get('end')) * 1000]
  return Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs)
}

/** Times of the raw samples that a query asks for, by service. */
function scrapesAskedFor(params: URLSearchParams, query: string): (service: string) => number[] {
  const [, seconds = '0'] = /\[(\d+)s\]$/.exec(query) ?? []
  const toMs = Number(params.get('time')) * 1000
  return (service) => scrapesOf(service, { fromMs: toMs - Number(seconds) * 1000, toMs })
}

function requestRows(service: string, times: readonly number[]): string[] {
  return Object.entries(RATES).flatMap(([version, rate]) => [
    row(
      { service, version, name: 'istio_requests_total', last: '"response_code":"200"' },
      times,
      rate * (1 - ERRORS),
    ),
    row(
      { service, version, name: 'istio_requests_total', last: '"response_code":"503"' },
      times,
      rate * ERRORS,
    ),
  ])
}

function latencyRows(service: string, times: readonly number[]): string[] {
  const name = 'istio_request_duration_milliseconds_bucket'
  return Object.entries(RATES).flatMap(([version, rate]) =>
    BOUNDARIES.map((le, index) =>
      row({ service, version, name, last: `"le":"${le}"` }, times, rate * Math.min(1, (index + 1) / 6)),
    ),
  )
}

interface Labels {
  readonly service: string
  readonly version: string
  readonly name: string
  readonly last: string
}

/** A series with as many labels as Istio's have on a cluster. */
function row({ service, version, name, last }: Labels, times: readonly number[], rate: number): string {
  const [short = '', namespace = ''] = service.split('.')
  const samples = times.map((at) => `[${at / 1000},"${countAt(rate, at)}"]`)
  return (
    `{"metric":{"__name__":"${name}","app":"istio-ingressgateway","connection_security_policy":"unknown",` +
    `"destination_app":"${short}","destination_canonical_revision":"${version}",` +
    `"destination_canonical_service":"${short}","destination_cluster":"Kubernetes",` +
    `"destination_principal":"spiffe://cluster.local/ns/${namespace}/sa/${short}",` +
    `"destination_service":"${service}","destination_service_name":"${short}",` +
    `"destination_service_namespace":"${namespace}","destination_version":"${version}",` +
    `"destination_workload":"${short}-${version}","destination_workload_namespace":"${namespace}",` +
    `"instance":"10.0.0.7:15020","job":"kubernetes-pods","namespace":"istio-system",` +
    `"pod":"istio-ingressgateway-7d9f8b6c5-x2x7k","reporter":"source","request_protocol":"http",` +
    `"response_flags":"-","source_app":"istio-ingressgateway","source_version":"unknown",` +
    `"source_workload":"istio-ingressgateway","source_workload_namespace":"istio-system",` +
    `${last}},"values":[${samples.join(',')}]}`
  )
}
