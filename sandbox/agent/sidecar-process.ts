import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { V1Pod } from '@kubernetes/client-node'
import { targetsDirectory } from '../env.ts'
import { envoyArgs } from '../parts/envoy-bootstrap.ts'
import { freePort, isFree, spawnRecorded, stopRecorded } from '../supervise/index.ts'
import { OWNER } from './context.ts'
import type { AgentContext } from './context.ts'
import { aborted } from './aborted.ts'
import { explain } from './explain.ts'
import { Latest } from './latest.ts'
import { sidecar } from './mesh-objects.ts'
import type { Endpoint, MeshObject, SidecarListeners } from './mesh-objects.ts'
import type { Dependency } from './pod-plan.ts'
import { podKey } from './pod-key.ts'
import { listens } from './readiness.ts'
import { scrapeTarget, sidecarBootstrap } from './sidecar-config.ts'

const RESTART_MS = 1000
const READY_POLL_MS = 100
const OPEN_WITHIN_MS = 5000
const ADMIN_ANSWER_MS = 1000
const GRACE_MS = 2000
/** Where a pod with a proxy is called: at an address of its own, so that all may take the same port. */
const INBOUND_PORT = 9080

/** What a pod wants of its own proxy. */
export interface SidecarNeeds {
  /** The service that it calls. */
  dependency?: Dependency
  /** Port of its app on 127.0.0.1, if calls to the pod are to come through the proxy. */
  appPort?: number
}

interface Files {
  bootstrap: string
  target: string
  log: string
}

/**
 * The Envoy of one pod: through it the pod calls its dependency, is called, or both. One for all pods of the node would
 * be cheaper, but istiod knows no such proxy, and its counters would neither come and go with a pod nor begin anew.
 */
export class SidecarProcess {
  readonly #pod: V1Pod
  readonly #needs: SidecarNeeds
  readonly #context: AgentContext
  readonly #files: Files
  readonly #object: Latest<MeshObject | undefined>
  readonly #stopping = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #admin = ''
  /** Where the pod's process calls its dependency, if it has one; known once `start` has resolved. */
  url: string | undefined
  /** Where others call the pod, if it wants that; known once `start` has resolved. */
  inbound: Endpoint | undefined

  constructor(pod: V1Pod, needs: SidecarNeeds, context: AgentContext) {
    this.#pod = pod
    this.#needs = needs
    this.#context = context
    this.#files = filesOf(pod, context.env.state)
    this.#object = new Latest<MeshObject | undefined>(undefined, {
      apply: (object) => this.#write(object),
      onError: (error) =>
        context.log.warn({ pod: podKey(pod), reason: explain(error) }, 'sidecar resource failed'),
    })
  }

  /**
   * Starts the proxy and waits until istiod has configured it, or until the signal aborts.
   * @throws Error when no loopback address is free
   */
  async start(signal: AbortSignal): Promise<void> {
    // Not the address at which the pod is called: istiod may take the proxy's labels from the endpoint there, and these
    // lack the one that chooses the `Sidecar` resource.
    const address = await freeLoopback(this.#needs.dependency?.port ?? 0)
    const place = { pod: this.#pod, address, adminPort: await freePort(address) }
    const listeners = await this.#listeners(address)
    this.#admin = `http://${address}:${place.adminPort}`
    writeWhole(this.#files.bootstrap, sidecarBootstrap({ ...place, env: this.#context.env }))
    // Without the resource istiod would give the proxy listeners for the whole mesh, at addresses that all share.
    await Promise.race([this.#object.set(sidecar(this.#pod, listeners)), aborted(signal)])
    if (signal.aborted) return
    this.#loop = this.#keepRunning()
    if (listeners.dependency) this.#context.proxies.add(this.#admin)
    writeWhole(this.#files.target, scrapeTarget(place))
    while (!signal.aborted && !(await isLive(this.#admin))) await sleep(READY_POLL_MS)
    await this.#untilOpen(listeners, signal)
  }

  async #listeners(address: string): Promise<SidecarListeners> {
    const { dependency, appPort } = this.#needs
    if (dependency) this.url = `http://${address}:${dependency.port}`
    if (appPort !== undefined)
      this.inbound = { address: await freeLoopback(INBOUND_PORT), port: INBOUND_PORT }
    return {
      ...(dependency && { dependency: { ...dependency, address } }),
      ...(this.inbound && appPort !== undefined && { inbound: { ...this.inbound, appPort } }),
    }
  }

  /** A listener opens as soon as istiod knows where it leads to; the app starts also if that is never. */
  async #untilOpen({ inbound, dependency }: SidecarListeners, signal: AbortSignal): Promise<void> {
    const { log } = this.#context
    const pod = podKey(this.#pod)
    if (inbound && !(await opens(inbound, signal)))
      log.warn({ pod }, 'the proxy does not take calls to the pod; they fail until it does')
    if (dependency && !(await opens(dependency, signal))) {
      const { host, port } = dependency
      const note = 'the mesh does not know the dependency; calls fail until it does'
      log.warn({ pod, dependency: `${host}:${port}` }, note)
    }
  }

  /** Ends the proxy and removes all that `start` has made. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#context.proxies.remove(this.#admin)
    rmSync(this.#files.target, { force: true })
    await stopRecorded(this.#context.env.state, recordName(this.#pod), { graceMs: GRACE_MS })
    await this.#loop
    rmSync(this.#files.bootstrap, { force: true })
    await this.#object.set(undefined)
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const { exited } = await this.#spawn()
      const exit = await exited
      if (signal.aborted) return
      this.#context.log.warn({ pod: podKey(this.#pod), ...exit }, 'the sidecar ended by itself')
      await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  #spawn() {
    const { envoyBinary: command, state: stateDir } = this.#context.env
    const { bootstrap, log: logFile } = this.#files
    const args = envoyArgs(bootstrap)
    return spawnRecorded({ name: recordName(this.#pod), command, args, logFile, stateDir, owner: OWNER })
  }

  async #write(object: MeshObject | undefined): Promise<void> {
    const { cluster } = this.#context
    if (object) return cluster.applyMesh(object)
    await cluster.removeMesh(sidecar(this.#pod, {}))
  }
}

function recordName(pod: V1Pod): string {
  return `sidecar.${podKey(pod)}`
}

function filesOf(pod: V1Pod, state: string): Files {
  const key = podKey(pod)
  return {
    bootstrap: join(state, 'sidecars', `${key}.json`),
    target: join(targetsDirectory(state), `pod.${key}.json`),
    log: join(state, 'logs', 'pods', `${key}.envoy.log`),
  }
}

// Prometheus and Envoy must not read half a file.
function writeWhole(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.tmp`, JSON.stringify(content, null, 2))
  renameSync(`${path}.tmp`, path)
}

async function isLive(admin: string): Promise<boolean> {
  try {
    return (await fetch(`${admin}/ready`, { signal: AbortSignal.timeout(ADMIN_ANSWER_MS) })).ok
  } catch {
    return false // not listening yet
  }
}

/** Waits until something listens there; false when nothing does in time. */
async function opens({ address, port }: Endpoint, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + OPEN_WITHIN_MS
  while (!signal.aborted && !(await listens(address, port))) {
    if (performance.now() > end) return false
    await sleep(READY_POLL_MS)
  }
  return true
}

/** An address of 127.0.0.0/8 at which the port is free: random, since other sandboxes on the machine seek one too. */
async function freeLoopback(port: number): Promise<string> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const byte = (from: number, to: number) => from + Math.floor(Math.random() * (to - from))
    const address = `127.${byte(64, 255)}.${byte(0, 256)}.${byte(1, 255)}`
    if (await isFree(port, address)) return address
  }
  throw new Error(`no free address with port ${port} in 127.64.0.0 to 127.254.255.255 after 50 attempts`)
}
