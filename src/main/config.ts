import { z } from 'zod'
import { LOG_LEVELS } from '../telemetry/logger.ts'
import { duration } from './durations.ts'
import { PROMETHEUS_SECRETS, prometheusContradictions, prometheusSettings } from './prometheus.ts'
import { sweepContradictions, sweepSettings } from './sweep.ts'
import { SECRETS, contradictionsOf, temporalSecurity } from './temporal.ts'

/** Parts of Sluice that a process may run. */
export const ROLES = ['controller', 'worker', 'server'] as const
export type Role = (typeof ROLES)[number]

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
const LARGEST_PORT = 65_535
const address = (host: RegExp, example: string) =>
  z.string().refine((text) => {
    const [, before = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? []
    return port !== '' && host.test(before) && Number(port) <= LARGEST_PORT
  }, `must be host:port, like ${example}, with a port up to ${LARGEST_PORT}`)
/** As in clonesets.v1alpha1.apps.kruise.io. */
const WORKLOAD_KIND = /^[a-z][a-z0-9-]*\.v\d[a-z0-9]*(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/
const url = (message: string) => z.url({ protocol: /^https?$/, error: message })
const someRoles = `must be some of ${ROLES.join(', ')}`

/** Environment variables of `sluice run`; the descriptions are its documentation. */
export const settings = z.object({
  SLUICE_ROLES: list
    .pipe(z.array(z.enum(ROLES, someRoles)).min(1, someRoles))
    .prefault(ROLES.join(','))
    .describe('Parts to run: controller, worker, server.'),
  SLUICE_CLUSTER: z
    .string()
    .regex(/^\S{1,63}$/, 'must be 1 to 63 characters without spaces')
    .default('default')
    .describe('Name of the cluster, part of workflow ids.'),
  SLUICE_TEMPORAL_ADDRESS: address(/^\S+$/, '127.0.0.1:7233')
    .default('127.0.0.1:7233')
    .describe('host:port of Temporal.'),
  SLUICE_TEMPORAL_NAMESPACE: z
    .string()
    .min(1, 'must not be empty')
    .default('default')
    .describe('Temporal namespace.'),
  ...temporalSecurity,
  ...prometheusSettings,
  SLUICE_ENVOY_ADMIN: list
    .pipe(z.array(url('must be URLs like http://127.0.0.1:15000, separated by commas')))
    .prefault('')
    .describe('Base URLs of Envoy admin interfaces that tell what proxies do; empty: wait instead.'),
  SLUICE_PROPAGATION_WAIT: duration
    .prefault('10s')
    .describe('How long a change takes to reach all proxies, where they cannot be asked.'),
  SLUICE_WORKLOAD_KINDS: list
    .pipe(
      z.array(
        z.string().regex(WORKLOAD_KIND, 'must be some of the form plural.version.group, separated by commas'),
      ),
    )
    .prefault('')
    .describe(
      'Kinds of workloads beyond Deployments and StatefulSets, such as clonesets.v1alpha1.apps.kruise.io.',
    ),
  SLUICE_FAULT_MAX_DURATION: duration
    .prefault('10m')
    .describe('Longest time that a fault of a probe may stand; a Rollout that asks for more is refused.'),
  SLUICE_FAULT_MAX_PERCENT: z
    .string()
    .regex(/^(\d{1,2}|100)$/, 'must be a whole percentage from 0 to 100')
    .transform(Number)
    .prefault('0')
    .describe('Percent of the requests of users that a fault probe with traffic may hit at most.'),
  SLUICE_PROBER_LOOPBACK: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .prefault('false')
    .describe('Whether probers may send to addresses of the machine that Sluice runs on.'),
  ...sweepSettings,
  SLUICE_LISTEN: address(/^[^:\s]*$/, '127.0.0.1:8080')
    .default('0.0.0.0:8080')
    .describe('host:port of health and metrics.'),
  SLUICE_LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('debug, info, warn or error.'),
  KUBECONFIG: z.string().optional().describe('Kubeconfig file; absent: the usual places.'),
})

const consistent = settings.superRefine((config, context) => {
  const found = [
    ...contradictionsOf(config),
    ...prometheusContradictions(config),
    ...sweepContradictions(config),
  ]
  for (const { name, message } of found) context.addIssue({ code: 'custom', path: [name], message })
})

const HIDDEN: ReadonlySet<string> = new Set<string>([...SECRETS, ...PROMETHEUS_SECRETS])

/** A URL without user and password. */
function withoutUser(text: string): string {
  return text.replace(/\/\/.*@/, '//…@')
}

export type Config = z.output<typeof settings>

/** Reads the configuration. Throws an Error that names every variable that is wrong, what was found and what is allowed. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = consistent.safeParse(env)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0])
    const found = HIDDEN.has(name) ? 'something else' : `"${withoutUser(env[name] ?? '')}"`
    return `${name}: ${issue.message}, found ${found}`
  })
  // Several wrong entries of a list are one problem.
  throw new Error(`the configuration is not valid:\n  ${[...new Set(lines)].join('\n  ')}`)
}
