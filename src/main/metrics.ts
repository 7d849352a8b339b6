import { z } from 'zod'
import { prometheusClient } from '../adapters/prometheus/source.ts'
import type { Metrics } from '../cli/shell.ts'
import { prometheusContradictions, prometheusOf, prometheusSettings } from './prometheus.ts'

const schema = z.object(prometheusSettings)
const URL_NAME = 'SLUICE_PROMETHEUS_URL'

/**
 * Prometheus as the controller reaches it.
 * @param url instead of the configured one
 * Throws an Error that says what is wrong with the address, or with how it lets us in.
 */
export function openMetrics(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Metrics {
  const address = url ?? env[URL_NAME]
  const result = schema.safeParse({ ...env, [URL_NAME]: address })
  if (!result.success) {
    const [issue = { path: [], message: 'is not valid' }] = result.error.issues
    throw new Error(problemOf(issue, url === undefined ? URL_NAME : '--prometheus', address))
  }
  const [contradiction] = prometheusContradictions(result.data)
  if (contradiction) throw new Error(`${contradiction.name}: ${contradiction.message}`)
  return { url: result.data[URL_NAME], source: prometheusClient(prometheusOf(result.data)) }
}

function problemOf(
  { path, message }: Pick<z.core.$ZodIssue, 'path' | 'message'>,
  nameOfUrl: string,
  address = '',
): string {
  const name = String(path[0])
  // Of the others nothing is shown: headers may be credentials.
  return name === URL_NAME ? `${nameOfUrl}: ${message}, found "${address}"` : `${name}: ${message}`
}
