/** The node agent: `main.ts --env <env.json>` runs the pods of the sandbox until SIGTERM. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { KubeConfig } from '@kubernetes/client-node'
import { pino } from 'pino'
import { readEnvFile, targetsDirectory } from '../env.ts'
import { listRecords, stopRecorded } from '../supervise/index.ts'
import { Agent } from './agent.ts'
import { createCluster, removeLeftovers } from './cluster.ts'
import { OWNER } from './context.ts'
import type { AgentContext } from './context.ts'
import { explain } from './explain.ts'
import { loadKubeConfig } from './kubeconfig.ts'
import { Latest } from './latest.ts'
import { ensureNode } from './node.ts'
import { watchPods } from './pod-informer.ts'
import { Proxies } from './proxies.ts'

const SHUTDOWN_GRACE_MS = 2000

const { values } = parseArgs({ options: { env: { type: 'string' } } })
if (!values.env) {
  console.error('usage: main.ts --env <path of env.json>')
  process.exit(2)
}
const env = readEnvFile(values.env)
const log = pino({ base: { part: 'agent' } })
await run(loadKubeConfig(env.kubeconfig))

async function run(config: KubeConfig): Promise<void> {
  const context: AgentContext = {
    cluster: createCluster(config),
    env,
    proxies: new Proxies(env.envoyAdmin),
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
  watchPods(config, {
    changed: (pod) => agent.changed(pod),
    gone: (pod) => agent.gone(pod),
    onError: (error) => log.warn({ reason: explain(error) }, 'watching pods failed; trying again'),
  })
  log.info('ready')
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
