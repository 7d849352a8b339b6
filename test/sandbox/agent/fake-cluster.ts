import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { V1Pod, V1PodStatus } from '@kubernetes/client-node'
import { pino } from 'pino'
import type { Cluster } from '../../../sandbox/agent/cluster.ts'
import type { AgentContext } from '../../../sandbox/agent/context.ts'
import type { MeshObject } from '../../../sandbox/agent/mesh-objects.ts'
import { Proxies } from '../../../sandbox/agent/proxies.ts'
import { SharedApps } from '../../../sandbox/agent/shared-apps.ts'
import { listRecords, stopRecorded } from '../../../sandbox/supervise/index.ts'

/** A cluster that only remembers what it was asked, in order, and an agent's surroundings with real processes. */
export class FakeCluster implements Cluster {
  readonly calls: string[] = []
  status: V1PodStatus = {}
  /** What the pod was given when it was bound. */
  annotations: Record<string, string> = {}
  entry: MeshObject | undefined
  /** Called at the end of each call; a rejection is the API server's error. */
  onCall: (call: string) => Promise<void> = () => Promise.resolve()

  bind = (pod: V1Pod, annotations: Record<string, string>) => {
    this.annotations = annotations
    return this.#record(`bind ${pod.metadata?.name}`)
  }
  patchStatus = (_: V1Pod, status: V1PodStatus) => {
    this.status = status
    return this.#record(`status ${status.phase}${this.ready ? ' ready' : ''}`)
  }
  removePod = (pod: V1Pod) => this.#record(`remove ${pod.metadata?.name}`)
  applyMesh = (object: MeshObject) => {
    this.entry = object
    return this.#record(`apply ${object.kind}`)
  }
  removeMesh = (object: MeshObject) => {
    this.entry = undefined
    return this.#record(`remove ${object.kind}`)
  }

  get ready(): boolean {
    return this.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  }

  /** The port of the endpoint that is registered now. */
  get port(): number {
    return (this.entry?.spec['ports'] as Record<string, number> | undefined)?.['http'] ?? 0
  }

  async #record(call: string): Promise<void> {
    this.calls.push(call)
    await this.onCall(call)
  }
}

/** Surroundings in a folder of their own; `end` ends the processes and removes the folder. */
export function surroundings(): { cluster: FakeCluster; context: AgentContext; end: () => Promise<void> } {
  const state = mkdtempSync(join(tmpdir(), 'sluice-agent-'))
  const cluster = new FakeCluster()
  const endpoints = { kubeconfig: '', gateway: '', prometheus: '', temporal: '', temporalUi: '', istiod: '' }
  const env = { ...endpoints, state, istiodXds: '', envoyAdmin: '', envoyBinary: '', auditLog: '' }
  // Nothing listens there: a proxy that does not answer has no endpoints.
  const proxies = new Proxies('http://127.0.0.1:1')
  const end = async () => {
    await Promise.all(listRecords(state).map(({ name }) => stopRecorded(state, name, { graceMs: 0 })))
    rmSync(state, { recursive: true, force: true })
  }
  return {
    cluster,
    context: { cluster, env, proxies, sharedApps: new SharedApps(), log: pino({ enabled: false }) },
    end,
  }
}
