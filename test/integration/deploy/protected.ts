import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import type { KubernetesObject } from '@kubernetes/client-node'
import { projectRoot } from '../../../sandbox/env.ts'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import {
  applyObjects,
  demoDestinationRule,
  demoNamespace,
  demoVirtualService,
} from '../../../sandbox/manifests/index.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { MeshObject } from '../../../src/core/traffic/types.ts'
import { exampleRollout } from '../../api/specs.ts'
import { baseObject, objectsBelow } from '../../deploy/base.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask } from '../../mesh/cluster.ts'

const POLICIES = objectsBelow(join(projectRoot, 'deploy/protection'))
/** What Sluice's account may do; its calls below are made in its name. */
const RIGHTS = [baseObject('ClusterRole'), baseObject('ClusterRoleBinding')]

/** `deploy/protection` in the sandbox's cluster, and namespaces with something to protect. No Sluice runs. */
export class ProtectedCluster {
  readonly #env: SandboxEnv
  readonly #admin = new KubeConfig()
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-protection-'))
  readonly ask: Ask

  constructor(env: SandboxEnv) {
    this.#env = env
    this.#admin.loadFromFile(env.kubeconfig)
    this.ask = connect(env.kubeconfig)
  }

  /** Applies policies and rights. They take effect some time later. */
  async apply(): Promise<void> {
    await applyObjects(this.#admin, [...RIGHTS, ...POLICIES])
  }

  async remove(): Promise<void> {
    rmSync(this.#folder, { recursive: true })
    const api = KubernetesObjectApi.makeApiClient(this.#admin)
    for (const object of [...RIGHTS, ...POLICIES].toReversed()) await api.delete(object)
  }

  /** The API server as somebody else meets it. */
  as(user: string): Ask {
    const config = new KubeConfig()
    config.loadFromFile(this.#env.kubeconfig)
    const [admin] = config.getUsers()
    const cluster = config.getCurrentCluster()
    if (admin === undefined || cluster === null) throw new Error('the kubeconfig has no user or no cluster')
    config.loadFromClusterAndUser(cluster, { ...admin, impersonateUser: user })
    const file = join(this.#folder, user.replaceAll(':', '-'))
    writeFileSync(file, config.exportConfig(), { mode: 0o600 })
    return connect(file)
  }

  /**
   * A namespace with the Rollout `reviews`, workloads, a marked pair of mesh objects and a VirtualService that nobody
   * marked.
   */
  async open(namespace: string): Promise<void> {
    await applyObjects(this.#admin, [
      demoNamespace(namespace),
      workload('Deployment', { namespace, name: 'reviews-v1' }),
      workload('Deployment', { namespace, name: 'reviews-v0', replicas: 0 }),
      workload('Deployment', { namespace, name: 'reviews-v2' }),
      workload('StatefulSet', { namespace, name: 'reviews-v1' }),
      workload('DaemonSet', { namespace, name: 'reviews-v1' }),
      marked(demoDestinationRule({ name: 'reviews', namespace, versions: ['v1'] }), [`${namespace}/reviews`]),
      marked(demoVirtualService({ name: 'reviews', namespace, weights: { v1: 100 } }), [
        `${namespace}/reviews`,
        'elsewhere/ratings',
      ]),
      demoVirtualService({ name: 'ratings', namespace, weights: { v1: 100 } }),
      {
        ...exampleRollout,
        metadata: { namespace, name: 'reviews', finalizers: ['sluice.dev/release'] },
        spec: { ...exampleRollout.spec, paused: true },
      } as KubernetesObject,
    ])
  }

  /** Writes into the status which workloads serve, as Sluice does. */
  async serve(namespace: string, serving: readonly string[]): Promise<void> {
    await this.merge(`${rolloutPath(namespace)}/status`, { status: { serving } })
  }

  /** Changes an object, and throws when that is refused. */
  async merge(path: string, body: unknown): Promise<void> {
    const answer = await this.ask({
      method: 'PATCH',
      path,
      body,
      contentType: 'application/merge-patch+json',
    })
    if (answer.status !== 200) throw new Error(answer.body.message)
  }
}

export function rolloutPath(namespace: string): string {
  return `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/rollouts/reviews`
}

interface WorkloadOptions {
  readonly namespace: string
  readonly name: string
  readonly replicas?: number
}

/** A workload whose pods nobody runs. */
function workload(kind: string, { namespace, name, replicas = 1 }: WorkloadOptions): KubernetesObject {
  const labels = { app: name, kind: kind.toLowerCase() }
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'example.com/app' }] } },
    ...(kind !== 'DaemonSet' && { replicas }),
  }
  const object = { apiVersion: 'apps/v1', kind, metadata: { namespace, name, labels }, spec }
  return object
}

/** The object with the marks of Rollouts, as a release leaves them. */
function marked(object: KubernetesObject, rollouts: readonly string[]): KubernetesObject {
  const mark = { uid: 'uid', release: 'v1-abc-2', seq: 7, stable: 'v1' }
  return rollouts.reduce(
    (done, rollout) => withMark(done, rollout, { ...mark, rollout }),
    object as unknown as MeshObject,
  )
}
