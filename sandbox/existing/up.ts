import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import type { V1CustomResourceDefinition } from '@kubernetes/client-node'
import axios from 'axios'
import { kubernetesClient, problemOf } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { envPath, stateDirectory, targetsDirectory } from '../env.ts'
import { kubeconfigPath } from '../parts/credentials.ts'
import { partsIn } from '../parts/index.ts'
import { local, url } from '../parts/part.ts'
import type { Site } from '../parts/part.ts'
import { choosePorts } from '../parts/ports.ts'
import { reported, silent } from '../progress.ts'
import type { Progress } from '../progress.ts'
import { lockPath } from '../site.ts'
import { ensurePart } from '../start-part.ts'
import { isAlive, readRecord, withLock } from '../supervise/index.ts'
import { checkCluster } from './check.ts'
import { installationFor } from './install.ts'
import { bringCrds, bringDemo, makeNamespace } from './objects.ts'
import { readExisting, writeExisting } from './record.ts'
import type { ExistingCluster } from './record.ts'

export interface ExistingOptions {
  /** Path of a kubeconfig file. */
  kubeconfig: string
  /** One of its contexts; default: the current one. */
  context?: string
  /** URL of a Prometheus that has the mesh's metrics; default: one is started here. */
  prometheus?: string
  /** Namespace to make for the demo; default: no demo. */
  demo?: string
  /** Image for the demo's pods: HTTP at port 9080, with the path /healthz. */
  demoImage?: string
  /** Folder of the sandbox; default: SLUICE_SANDBOX, else `.sandbox` in the project. */
  state?: string
  progress?: Progress
}

/** An existing cluster that is ready for `sluice run`. */
export interface Brought {
  readonly state: string
  /** With which Sluice works there, as environment variables. */
  readonly settings: Readonly<Record<string, string>>
  /** Where the sandbox's own Prometheus looks for targets; undefined when there is another one. */
  readonly targets?: string
  readonly demo?: string
}

interface Work {
  readonly state: string
  readonly client: KubernetesClient
  readonly crds: V1CustomResourceDefinition[]
  readonly progress: Progress
}

/**
 * Prepares an existing cluster with Istio for `sluice run` on this machine: brings Sluice's definitions, starts Temporal
 * and, unless there is one, Prometheus. Harmless when repeated.
 * @throws Error that says what is missing; what the cluster lacks is found out before anything is changed
 */
export async function upOnExisting(options: ExistingOptions): Promise<Brought> {
  const { progress = silent } = options
  const state = stateDirectory(options.state)
  const client = kubernetesClient(options.kubeconfig, options.context)
  const server = client.config.getCurrentCluster()?.server ?? ''
  refuseOther(state, server)
  let crds: V1CustomResourceDefinition[] = []
  await reported(progress, 'cluster', async () => {
    crds = await checkCluster(client)
    await checkPrometheus(options.prometheus)
    return `${server} has what Sluice needs`
  })
  mkdirSync(state, { recursive: true })
  return withLock(lockPath(state), () => bring({ state, client, crds, progress }, options))
}

function refuseOther(state: string, server: string): void {
  if (existsSync(envPath(state)))
    throw new Error(`${state} has a sandbox with a cluster of its own: run "down", or name another --state`)
  const known = readExisting(state)
  if (known !== undefined && known.server !== server)
    throw new Error(`${state} is for the cluster ${known.server}: run "down", or name another --state`)
}

async function checkPrometheus(base: string | undefined): Promise<void> {
  if (base === undefined) return
  try {
    await axios.get(`${base.replace(/\/$/, '')}/api/v1/query?query=1`, { timeout: 10_000 })
  } catch (error) {
    throw new Error(`${base} does not answer as Prometheus does: ${problemOf(error)}`, { cause: error })
  }
}

async function bring(work: Work, options: ExistingOptions): Promise<Brought> {
  const { state, client, crds, progress } = work
  const record = register(work, options)
  const site = await siteFor(state)
  if (crds.length > 0)
    await reported(progress, 'definitions', async () => {
      await bringCrds(client, crds)
      return crds.map(({ metadata }) => metadata?.name).join(', ')
    })
  await startParts(site, progress)
  if (options.demo !== undefined) await bringShop(work, record, { ...options, demo: options.demo })
  const demo = options.demo ?? record.demo
  return {
    state,
    settings: {
      KUBECONFIG: record.kubeconfig,
      SLUICE_TEMPORAL_ADDRESS: local(site.ports.temporal),
      SLUICE_PROMETHEUS_URL: record.prometheus ?? url(site.ports.prometheus),
      SLUICE_LISTEN: '127.0.0.1:8080',
    },
    ...(record.prometheus === undefined && { targets: targetsDirectory(state) }),
    ...(demo !== undefined && { demo }),
  }
}

/** Notes what is to be taken back, before it is brought. */
function register({ state, client, crds }: Work, { prometheus }: ExistingOptions): ExistingCluster {
  const kubeconfig = kubeconfigPath(state)
  writeFileSync(kubeconfig, client.config.exportConfig(), { mode: 0o600 })
  const known = readExisting(state)
  const names = crds.map(({ metadata }) => metadata?.name ?? '')
  const record = {
    kubeconfig,
    server: client.config.getCurrentCluster()?.server ?? '',
    crds: [...new Set([...(known?.crds ?? []), ...names])],
    ...(prometheus !== undefined && { prometheus }),
    ...(known?.demo !== undefined && { demo: known.demo }),
  }
  writeExisting(state, record)
  return record
}

async function siteFor(state: string): Promise<Site> {
  const runs = partsIn(state).some(({ name }) => {
    const process = readRecord(state, name)
    return process !== undefined && isAlive(process)
  })
  return { state, ports: await choosePorts(state, !runs) }
}

async function startParts(site: Site, progress: Progress): Promise<void> {
  const installation = await installationFor(site.state, progress)
  const start = partsIn(site.state).map(async (part) =>
    reported(progress, part.name, async () => {
      await ensurePart(part, site, installation)
      return part.endpoint(site)
    }),
  )
  await Promise.all(start)
}

async function bringShop(
  { state, client, progress }: Work,
  record: ExistingCluster,
  { demo, demoImage }: ExistingOptions & { demo: string },
): Promise<void> {
  if (record.demo !== undefined && record.demo !== demo)
    throw new Error(`the demo is in the namespace ${record.demo} already: run "down" first`)
  await reported(progress, 'demo', async () => {
    // Somebody else's namespace must never stand in the record: "down" removes what stands there.
    if (record.demo === undefined) await makeNamespace(client, demo)
    writeExisting(state, { ...record, demo })
    await bringDemo(client, { namespace: demo, ...(demoImage !== undefined && { image: demoImage }) })
    return `reviews v1 and v2 in the namespace ${demo}`
  })
}
