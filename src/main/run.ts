import type { Logger } from 'pino'
import { envoyAdmin } from '../adapters/istio/envoy-admin.ts'
import { boundedWait } from '../adapters/istio/bounded-wait.ts'
import { istioMaking, istioMesh } from '../adapters/istio/mesh.ts'
import { areSynced, cachesOf, startCaches, stopCaches, whenSynced } from '../adapters/kubernetes/caches.ts'
import type { Caches } from '../adapters/kubernetes/caches.ts'
import { changesOf } from '../adapters/kubernetes/changes.ts'
import { kubernetesClient, readable } from '../adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../adapters/kubernetes/client.ts'
import { meshEvents } from '../adapters/kubernetes/events.ts'
import { deadCaches, unreadyCaches } from '../adapters/kubernetes/health.ts'
import { rolloutStore } from '../adapters/kubernetes/rollouts.ts'
import { meshScope } from '../adapters/kubernetes/scope.ts'
import { secrets } from '../adapters/kubernetes/secrets.ts'
import { metricTemplates } from '../adapters/kubernetes/templates.ts'
import { addressGuard } from '../adapters/web/addresses.ts'
import { webMetrics } from '../adapters/web/metrics.ts'
import { webProber } from '../adapters/web/prober.ts'
import { scalingOf } from '../adapters/kubernetes/scaling.ts'
import { watchesOf } from '../adapters/kubernetes/watches.ts'
import { workloadsOf } from '../adapters/kubernetes/workloads.ts'
import { askOver } from '../adapters/prometheus/ask.ts'
import { NamedSources } from '../adapters/prometheus/named.ts'
import { metricQueries } from '../adapters/prometheus/queries.ts'
import { prometheusClient } from '../adapters/prometheus/source.ts'
import { temporalClient } from '../adapters/temporal/connection.ts'
import type { TemporalAddress } from '../adapters/temporal/connection.ts'
import { temporalEngine } from '../adapters/temporal/engine.ts'
import { startController } from '../controller/controller.ts'
import { startFaultKeeper } from '../controller/faults.ts'
import type { SweepPorts } from '../activities/faults/sweep.ts'
import type { Ports, Propagation } from '../ports.ts'
import { createApp } from '../server/app.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createFaultReporter, createReporter, prometheusReporter } from '../telemetry/reporter.ts'
import { StaleFaultAges } from '../telemetry/stale-faults.ts'
import { createSweepReporter } from '../telemetry/sweep-reporter.ts'
import type { Config } from './config.ts'
import { prometheusOf } from './prometheus.ts'
import { SweepRole } from './sweep-role.ts'
import { sweepPolicyOf } from './sweep.ts'
import { temporalOf } from './temporal.ts'
import { WorkerRole } from './worker-role.ts'

/** A running process. */
export interface Running {
  /** Hands over what is under way and ends; resolves when all is closed. */
  stop(): Promise<void>
}

/** What all roles share. */
interface House {
  readonly config: Config
  readonly temporal: TemporalAddress
  readonly log: Logger
  readonly metrics: Metrics
  readonly client: KubernetesClient
  readonly caches: Caches
  readonly ports: Ports & SweepPorts
}

interface Part extends Running {
  /** Why it cannot do its work just now. */
  unready(): readonly string[]
}

/**
 * Starts the roles of the configuration. The API server, Temporal and Prometheus may be away: what needs them begins
 * when they answer.
 */
export async function run(config: Config): Promise<Running> {
  const house = build(config)
  const { log, caches } = house
  let parts: readonly Part[] | undefined
  let stopping = false
  const unready = () => {
    if (stopping) return ['the process was asked to end']
    const troubles = [...unreadyCaches(caches), ...(parts ?? []).flatMap((part) => part.unready())]
    // All is read, and nothing begun with it.
    return troubles.length === 0 && parts === undefined ? ['the process is starting'] : troubles
  }
  const server = config.SLUICE_ROLES.includes('server') ? await serve(house, unready) : undefined
  await startCaches(caches)
  const beginWhenSynced = async () => {
    await whenSynced(caches)
    if (!stopping) parts = begin(house)
  }
  const began = beginWhenSynced()
  return {
    stop: async () => {
      log.info('sluice stops')
      stopping = true
      if (areSynced(caches)) await began
      // None waits for another: what observers hand over is a canary that nobody watches meanwhile.
      await Promise.all((parts ?? []).map(async (part) => part.stop()))
      await stopCaches(caches)
      await server?.stop()
      log.info('sluice stopped')
    },
  }
}

/** Decisions on half-read caches would be wrong ones, so these begin when all was listed once. */
function begin(house: House): Part[] {
  const { config, temporal, ports, log } = house
  const roles = new Set(config.SLUICE_ROLES)
  log.info({ roles: [...roles], cluster: config.SLUICE_CLUSTER }, 'sluice started')
  const { SLUICE_CLUSTER: cluster, SLUICE_SWEEP_INTERVAL: intervalMs } = config
  return [
    ...(roles.has('worker')
      ? [new WorkerRole(temporal, { ports, sweepPolicy: sweepPolicyOf(config) }, log)]
      : []),
    ...(roles.has('controller') ? [control(house)] : []),
    ...(isActing(config) ? [new SweepRole(temporal, { cluster, intervalMs }, log)] : []),
  ]
}

/** Does the process more than answer? */
function isActing({ SLUICE_ROLES: roles }: Config): boolean {
  return roles.includes('worker') || roles.includes('controller')
}

function build(config: Config): House {
  const temporal = temporalOf(config)
  const log = createLogger(config.SLUICE_LOG_LEVEL)
  const metrics = createMetrics()
  const client = kubernetesClient(config.KUBECONFIG)
  const caches = cachesOf(client, log, config.SLUICE_WORKLOAD_KINDS)
  const prometheus = prometheusOf(config)
  const watcher = prometheusReporter(metrics)
  const ports: House['ports'] = {
    mesh: istioMesh(client, caches),
    making: istioMaking(client),
    scope: meshScope(caches),
    workloads: workloadsOf(caches),
    scaling: scalingOf(client, caches),
    changes: changesOf(caches),
    propagation: propagationOf(config, caches),
    metrics: prometheusClient(prometheus, watcher),
    queries: metricQueries(askOver(prometheus)),
    named: new NamedSources({ common: prometheus, guard: addressGuard({}), watcher }),
    web: webMetrics(),
    prober: webProber({ allowsLoopback: config.SLUICE_PROBER_LOOPBACK }),
    templates: metricTemplates(caches),
    secrets: secrets(client),
    store: rolloutStore(client, caches, log),
    clock: { now: () => Date.now() },
    reporter: createReporter(metrics, log),
    limits: {
      faultMaxDurationMs: config.SLUICE_FAULT_MAX_DURATION,
      faultMaxPercent: config.SLUICE_FAULT_MAX_PERCENT,
    },
    events: meshEvents(client, log),
    sweeps: createSweepReporter(metrics, log),
  }
  return { config, temporal, log, metrics, client, caches, ports }
}

function propagationOf(config: Config, caches: Caches): Propagation {
  const clock = { now: () => Date.now() }
  if (config.SLUICE_ENVOY_ADMIN.length > 0) return envoyAdmin(config.SLUICE_ENVOY_ADMIN)
  return boundedWait(caches, config.SLUICE_PROPAGATION_WAIT, clock)
}

function control({ config, temporal, log, metrics, caches, ports }: House): Part {
  const engineClient = temporalClient(temporal)
  const engine = temporalEngine(engineClient, config.SLUICE_CLUSTER)
  const controllerPorts = { ...ports, engine }
  const controller = startController(controllerPorts, watchesOf(caches), (rollout, error) => {
    metrics.reconcileErrors.inc()
    log.warn({ rollout, err: readable(error) }, 'pass failed, trying again')
  })
  const keeper = startFaultKeeper(
    {
      ...ports,
      meshEvents: ports.events,
      faultReporter: createFaultReporter(metrics, log),
    },
    watchesOf(caches),
  )
  return {
    unready: () => [],
    stop: async () => {
      await Promise.all([controller.stop(), keeper.stop()])
      await engineClient.connection.close()
    },
  }
}

async function serve(
  { config, log, metrics, caches, ports }: House,
  unready: () => readonly string[],
): Promise<Running> {
  const ages = new StaleFaultAges(metrics)
  const app = createApp({
    dead: () => deadCaches(caches),
    unready,
    metrics: async () => {
      metrics.ready.set(unready().length === 0 ? 1 : 0)
      // From the caches, so that it is right also where no sweep runs.
      if (isActing(config)) ages.refresh(ports.mesh.virtualServices(), ports.clock.now())
      return { contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }
    },
  })
  const [host = '', port = ''] = config.SLUICE_LISTEN.split(':')
  try {
    const address = await app.listen({ host: host || '0.0.0.0', port: Number(port) })
    log.info({ address }, 'serving health and metrics')
  } catch (error) {
    throw new Error(`SLUICE_LISTEN: ${whyNot(error, config.SLUICE_LISTEN)}`, { cause: error })
  }
  return { stop: async () => app.close() }
}

function whyNot(error: unknown, address: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EADDRINUSE' ? `${address} is in use` : `cannot listen on ${address}: ${message}`
}
