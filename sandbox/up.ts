import { mkdirSync } from 'node:fs'
import { setUpCluster } from './cluster/setup.ts'
import { type SandboxEnv, stateDirectory } from './env.ts'
import { isOnExistingCluster } from './existing/record.ts'
import { allParts } from './parts/index.ts'
import type { Part, PartName, Site } from './parts/part.ts'
import { choosePorts } from './parts/ports.ts'
import { type Progress, reported, silent, type Task } from './progress.ts'
import { lockPath, writeEnv } from './site.ts'
import { ensurePart } from './start-part.ts'
import { runSteps, type Step } from './steps.ts'
import { isAlive, readRecord, withLock } from './supervise/index.ts'
import { type Installation, installPrograms } from './tools/install.ts'

export interface UpOptions {
  /** Folder of the sandbox; default: SLUICE_SANDBOX, else `.sandbox` in the project. */
  state?: string
  progress?: Progress
}

/**
 * Starts the sandbox, or what is missing of it, and returns its endpoints once every part is healthy.
 * Harmless when it runs already; two at once wait for each other.
 * @throws Error that names the part or program that failed, with the end of its log
 */
export async function up({ state, progress = silent }: UpOptions = {}): Promise<SandboxEnv> {
  const folder = stateDirectory(state)
  if (isOnExistingCluster(folder))
    throw new Error(`${folder} is for an existing cluster: name it again, or run "down" first`)
  mkdirSync(folder, { recursive: true })
  const installation = await installPrograms(progress)
  const start = (): Promise<SandboxEnv> => startAll(folder, installation, progress)
  return withLock(lockPath(folder), start, (pid) =>
    progress.line(`waiting for process ${pid}, which works on this sandbox`),
  )
}

async function startAll(state: string, installation: Installation, progress: Progress): Promise<SandboxEnv> {
  const parts = allParts()
  const site: Site = { state, ports: await choosePorts(state, !parts.some((part) => runs(part, state))) }
  const env = writeEnv(site, installation)
  const cluster: Step = {
    name: 'cluster',
    needs: ['kube-apiserver'],
    run: () => reported(progress, 'cluster objects', (task) => setUp(site, installation, task)),
  }
  const partSteps = parts.map((part) => ({
    name: part.name,
    needs: needs[part.name],
    run: () => reported(progress, part.name, () => ensure(part, site, installation)),
  }))
  await runSteps([...partSteps, cluster])
  return env
}

/** What has to work before a part is started. */
const needs: Record<PartName, string[]> = {
  etcd: [],
  'kube-apiserver': ['etcd'],
  'kube-controller-manager': ['kube-apiserver'],
  istiod: ['cluster'],
  gateway: ['istiod'],
  prometheus: [],
  temporal: [],
  agent: ['kube-controller-manager', 'gateway', 'prometheus', 'temporal'],
}

function runs(part: Part, state: string): boolean {
  const record = readRecord(state, part.name)
  return record !== undefined && isAlive(record)
}

async function ensure(part: Part, site: Site, installation: Installation): Promise<string> {
  const outcome = await ensurePart(part, site, installation)
  return outcome === 'started' ? part.endpoint(site) : `${part.endpoint(site)} (${outcome})`
}

async function setUp(site: Site, installation: Installation, task: Task): Promise<string> {
  await setUpCluster(site, installation.istioCrds, task.update)
  return 'definitions, namespaces istio-system and shop, Gateway istio-system/sluice-gateway'
}
