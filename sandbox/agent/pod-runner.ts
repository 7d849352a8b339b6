import { setTimeout as sleep } from 'node:timers/promises'
import type { V1Pod, V1PodStatus } from '@kubernetes/client-node'
import { freePort } from '../supervise/index.ts'
import { aborted } from './aborted.ts'
import { environmentOf, startApp, stopApp } from './app-process.ts'
import type { AppOptions, AppProcess } from './app-process.ts'
import { Container } from './container.ts'
import type { AgentContext } from './context.ts'
import { explain } from './explain.ts'
import { Latest } from './latest.ts'
import { workloadEntry } from './mesh-objects.ts'
import type { Endpoint, MeshObject } from './mesh-objects.ts'
import { podKey } from './pod-key.ts'
import { hasSidecar, injectedAnnotations, planPod, Refusal } from './pod-plan.ts'
import type { PodPlan } from './pod-plan.ts'
import { CREATING, refusedStatus, runningStatus } from './pod-status.ts'
import type { ContainerView } from './pod-status.ts'
import { SidecarProcess } from './sidecar-process.ts'

/**
 * Between the moment when a proxy says that an endpoint is gone and SIGTERM: its worker threads learn of it a little
 * later than its admin interface shows it, and nothing tells when they have.
 */
const DRAIN_MS = 250

/** How a pod is run: what it asks for, the port that its process is given, and where others call it. */
interface Running {
  plan: PodPlan
  port: number
  endpoint: Endpoint
}

const NOWHERE: Endpoint = { address: '', port: 0 }

/** Runs one pod from its binding to its end. */
export class PodRunner {
  readonly #context: AgentContext
  readonly #key: string
  readonly #ending = new AbortController()
  readonly #status: Latest<V1PodStatus | undefined>
  readonly #entry: Latest<MeshObject | undefined>
  #pod: V1Pod
  #running: Running | undefined
  #sidecar: SidecarProcess | undefined
  #published: V1PodStatus | undefined
  #view: ContainerView = CREATING
  #registered = false
  #abandoned = false
  /** Resolves when nothing of the pod is left. */
  readonly done: Promise<void>

  /** @param before resolves when nothing is left of a former pod of the same name */
  constructor(pod: V1Pod, context: AgentContext, before: Promise<void>) {
    this.#pod = pod
    this.#context = context
    this.#key = podKey(pod)
    this.#published = pod.status
    this.#status = this.#latest<V1PodStatus | undefined>(undefined, 'status', async (status) => {
      if (status) await context.cluster.patchStatus(this.#pod, status)
    })
    this.#entry = this.#latest<MeshObject | undefined>(undefined, 'endpoint', (entry) => this.#write(entry))
    this.done = before.then(() => this.#run()).catch((error: unknown) => this.#report('pod', error))
  }

  /** Takes note of the pod's newest version. */
  update(pod: V1Pod): void {
    this.#pod = pod
    if (pod.metadata?.deletionTimestamp) this.#ending.abort()
    if (this.#running) this.#show(this.#view, this.#running)
  }

  /** Takes note that the pod was removed by force. */
  removed(): void {
    this.#status.close()
    this.#ending.abort()
  }

  /** Lets go of everything at once; whoever calls this ends the processes. */
  abandon(): void {
    this.#abandoned = true
    this.#status.close()
    this.#entry.close()
    this.#ending.abort()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    const { cluster } = this.#context
    const plan = planPod(this.#pod)
    if (!signal.aborted && !this.#pod.spec?.nodeName)
      await this.#ensure('binding', () => cluster.bind(this.#pod, injectedAnnotations(plan)))
    if (plan instanceof Refusal) await this.#refuse(plan)
    else await this.#serve(plan, await freePort())
    if (!this.#abandoned) await this.#leave()
  }

  async #refuse(refusal: Refusal): Promise<void> {
    void this.#status.set(refusedStatus(this.#pod, refusal, this.#published))
    await aborted(this.#ending.signal)
  }

  async #serve(plan: PodPlan, port: number): Promise<void> {
    const { signal } = this.#ending
    const running: Running = { plan, port, endpoint: { address: '127.0.0.1', port } }
    this.#running = running
    this.#show({ ...CREATING, restarts: formerRestarts(this.#pod) }, running)
    if (hasSidecar(plan)) running.endpoint = await this.#startSidecar(running)
    await this.#container(running).run(signal)
    this.#show({ ...this.#view, ready: false }, running)
  }

  /** Starts the pod's own proxy, and says where the pod is called from then on. */
  async #startSidecar({ plan: { dependency, inbound }, port, endpoint }: Running): Promise<Endpoint> {
    const needs = { ...(dependency && { dependency }), ...(inbound && { appPort: port }) }
    this.#sidecar = new SidecarProcess(this.#pod, needs, this.#context)
    await this.#sidecar.start(this.#ending.signal)
    return this.#sidecar.inbound ?? endpoint
  }

  #container(running: Running): Container {
    const { plan, port } = running
    const dependencyUrl = this.#sidecar?.url
    const app = {
      podKey: this.#key,
      stateDir: this.#context.env.state,
      podName: this.#pod.metadata?.name ?? '',
      namespace: this.#pod.metadata?.namespace ?? 'default',
      ...(dependencyUrl ? { dependencyUrl } : {}),
    }
    return new Container({
      plan,
      port,
      restarts: this.#view.restarts,
      start: () => this.#start({ ...app, plan, port }),
      onChange: (view) => this.#show(view, running),
    })
  }

  async #start(app: AppOptions): Promise<AppProcess> {
    return app.plan.shared ? this.#context.sharedApps.start(this.#key, environmentOf(app)) : startApp(app)
  }

  /** A pod is an endpoint before it is called ready, and not any more when it is not. */
  #show(view: ContainerView, { plan, endpoint }: Running): void {
    this.#view = view
    this.#registered ||= view.ready
    const entry = view.ready ? workloadEntry(this.#pod, plan.portNames, endpoint) : undefined
    void this.#entry.set(entry).then(() => this.#publish(plan))
    this.#publish(plan)
  }

  #publish(plan: PodPlan): void {
    const ready = this.#view.ready && this.#entry.settled
    this.#published = runningStatus(plan, { ...this.#view, ready }, this.#published)
    void this.#status.set(this.#published)
  }

  /** Ends the pod without an error for anybody who calls it: first the endpoint goes, then the process. */
  async #leave(): Promise<void> {
    const { cluster, env, sharedApps } = this.#context
    await this.#entry.set(undefined)
    if (this.#registered && this.#running) await this.#drain(this.#running.endpoint)
    await stopApp(env.state, this.#key, this.#running?.plan.graceMs ?? 0)
    await sharedApps.stop(this.#key)
    await this.#sidecar?.stop()
    this.#status.close()
    await this.#ensure('removal', () => cluster.removePod(this.#pod))
  }

  async #drain({ address, port }: Endpoint): Promise<void> {
    const { proxies, log } = this.#context
    const dropped = await proxies.dropped(`${address}:${port}`)
    if (!dropped)
      log.warn({ pod: this.#key }, 'a proxy still has the endpoint; the process ends all the same')
    await sleep(DRAIN_MS)
  }

  async #write(entry: MeshObject | undefined): Promise<void> {
    const { cluster } = this.#context
    if (entry) return cluster.applyMesh(entry)
    await cluster.removeMesh(workloadEntry(this.#pod, [], NOWHERE))
  }

  async #ensure(what: string, effect: () => Promise<void>): Promise<void> {
    await this.#latest(false, what, effect).set(true)
  }

  #latest<T>(initial: T, what: string, apply: (value: T) => Promise<void>): Latest<T> {
    return new Latest<T>(initial, { apply, onError: (error) => this.#report(what, error) })
  }

  #report(what: string, error: unknown): void {
    this.#context.log.warn({ pod: this.#key, reason: explain(error) }, `${what} failed`)
  }
}

// The process of a former agent is gone, so the one that is started now is a restart of it.
function formerRestarts({ status }: V1Pod): number {
  const former = status?.containerStatuses?.[0]
  if (!former) return 0
  return former.restartCount + (former.state?.running || former.lastState?.terminated ? 1 : 0)
}
