import { keyOf } from '../api/names.ts'
import type { OwnPrometheus } from '../api/v1alpha1/prometheus.ts'
import { credentialsIn } from '../core/analysis/access.ts'
import type { Credentials } from '../core/analysis/access.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { ProviderError, RefusedError } from '../ports.ts'
import type { OpenPrometheus, Ports, Secrets } from '../ports.ts'

/** Nobody can ask as `spec.analysis.prometheus` says. */
export class AccessError extends ProviderError {}

/**
 * Ports whose metrics and queries are those of the Prometheus that the release names; those that are given when it names
 * none. Its Secret is read once, when something is asked for the first time: so these are to be made anew for each look.
 * Where nobody can ask, an AccessError is thrown at who asks.
 */
export function withNamed(ports: Ports, { plan, rollout }: ReleaseState): Ports {
  const { prometheus } = plan
  if (prometheus === undefined) return ports
  let opened: Promise<OpenPrometheus> | undefined
  const open = async () => (opened ??= openNamed(ports, prometheus, rollout.namespace))
  return {
    ...ports,
    metrics: {
      requests: async (query) => (await open()).metrics.requests(query),
      latencies: async (query) => (await open()).metrics.latencies(query),
    },
    queries: {
      number: async (...asked) => {
        try {
          return await (await open()).queries.number(...asked)
        } catch (error) {
          if (error instanceof AccessError) return { kind: 'ProviderError', reason: error.message }
          throw error
        }
      },
      counters: async (...asked) => (await open()).queries.counters(...asked),
      names: async () => (await open()).queries.names(),
    },
  }
}

async function openNamed(
  { named, secrets }: Pick<Ports, 'named' | 'secrets'>,
  { url, serverName, headers, secretRef }: OwnPrometheus,
  namespace: string,
): Promise<OpenPrometheus> {
  const credentials =
    secretRef === undefined ? {} : await credentialsFrom(secrets, { namespace, name: secretRef.name })
  try {
    return named.open({
      ...(url !== undefined && { url }),
      ...(serverName !== undefined && { serverName }),
      headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      credentials,
    })
  } catch (error) {
    if (error instanceof ProviderError) throw new AccessError(error.message, { cause: error })
    throw error
  }
}

async function credentialsFrom(
  secrets: Secrets,
  ref: Parameters<Secrets['readAll']>[0],
): Promise<Credentials> {
  const found = credentialsIn(await dataOf(secrets, ref))
  if ('credentials' in found) return found.credentials
  throw new AccessError(`the Secret ${keyOf(ref)} is of no use: ${found.problem}`)
}

/** Whatever keeps us from a Secret, it is never the canary's fault. */
async function dataOf(secrets: Secrets, ref: Parameters<Secrets['readAll']>[0]) {
  try {
    return await secrets.readAll(ref)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    const message = error instanceof RefusedError ? told : `the Secret ${keyOf(ref)} cannot be read: ${told}`
    throw new AccessError(message, { cause: error })
  }
}
