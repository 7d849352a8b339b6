/**
 * The node agent: `main.ts --env <env.json> --metrics-port <port>` runs the pods of the sandbox until SIGTERM, and serves
 * what they use to the API server.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { KubeConfig } from '@kubernetes/client-node'
import { pino } from 'pino'
import { readEnvFile, targetsDirectory } from '../env.ts'
import { credentials } from '../parts/credentials.ts'
import { listRecords, stopRecorded } from '../supervise/index.ts'
import { Agent } from './agent.ts'
import { createCluster, removeLeftovers } from './cluster.ts'
import { OWNER } from './context.ts'
import type { AgentContext } from './context.ts'
import { explain } from './explain.ts'
import { loadKubeConfig } from './kubeconfig.ts'
import { Latest } from './latest.ts'
import { PodMetrics } from './metrics/pod-metrics.ts'
import { registerMetrics } from './metrics/register.ts'
import { serveMetrics } from './metrics/server.ts'
import { Subsets } from './metrics/subsets.ts'
import { ensureNode } from './node.ts'
import { watchPods } from './pod-informer.ts'
import { Proxies } from './proxies.ts'
import { SharedApps } from './shared-apps.ts'

const SHUTDOWN_GRACE_MS = 2000

const { values } = parseArgs({ options: { env: { type: 'string' }, 'metrics-port': { type: 'string' } } })
if (!values.env || !values['metrics-port']) {
  console.error('usage: main.ts --env <path of env.json> --metrics-port <port>')
  process.exit(2)
}
const env = readEnvFile(values.env)
const log = pino({ base: { part: 'agent' } })
const kubeconfig = loadKubeConfig(env.kubeconfig)
await run(kubeconfig)
await measure(kubeconfig, Number(values['metrics-port']))
log.info('ready')

async function run(config: KubeConfig): Promise<void> {
  const context: AgentContext = {
    cluster: createCluster(config),
    env,
    proxies: new Proxies(env.envoyAdmin),
    sharedApps: new SharedApps(),
    log,
  }
  const agent = new Agent(context)
  const shutdown = () => {
    agent.abandon()
    void stopProcesses(SHUTDOWN_GRACE_MS).then(() => process.exit(0))
  }
  process.once('SIGTERM', shutdown)
  process.once('SIGINT', shutdown)
  await stopProcesses(0)
  removeTargets()
  await untilDone('node', () => ensureNode(config))
  await untilDone('removal of what a former agent left', () => removeLeftovers(config, context.cluster))
  const subsets = new Subsets(config, env, (error) =>
    log.warn({ reason: explain(error) }, 'subsets cannot be told to Prometheus; trying again'),
  )
  watchPods(config, {
    changed: (pod) => {
      agent.changed(pod)
      subsets.changed(pod)
    },
    gone: (pod) => {
      agent.gone(pod)
      subsets.gone(pod)
    },
    onError: (error) => log.warn({ reason: explain(error) }, 'watching pods failed; trying again'),
  })
}

/** Lets autoscalers and `kubectl top` know what pods use. It costs nothing while nobody asks. */
async function measure(config: KubeConfig, port: number): Promise<void> {
  const { certificate, certificateKey } = credentials(env)
  const metrics = new PodMetrics(config, env.state)
  await serveMetrics({
    port,
    cert: readFileSync(certificate, 'utf8'),
    key: readFileSync(certificateKey, 'utf8'),
    list: (query) => metrics.list(query),
    onError: (error) => log.warn({ reason: explain(error) }, 'pods cannot be measured'),
  })
  await untilDone('registration of metrics', () => registerMetrics(config, port))
}

/** Ends all processes of pods, also those of an agent before this one: nothing is known of their state. */
async function stopProcesses(graceMs: number): Promise<void> {
  const ours = listRecords(env.state).filter((record) => record.owner === OWNER)
  await Promise.all(ours.map((record) => stopRecorded(env.state, record.name, { graceMs })))
}

function removeTargets(): void {
  const folder = targetsDirectory(env.state)
  mkdirSync(folder, { recursive: true })
  const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.name.startsWith('pod.'))
  for (const file of files) rmSync(join(folder, file.name))
}

async function untilDone(what: string, effect: () => Promise<void>): Promise<void> {
  const onError = (error: unknown) => log.warn({ reason: explain(error) }, `${what} failed; trying again`)
  await new Latest(false, { apply: effect, onError }).set(true)
}
