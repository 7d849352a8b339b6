import { ApiException, CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { KubeConfig, V1Node } from '@kubernetes/client-node'
import { NODE_NAME } from './node-name.ts'

const CAPACITY = { cpu: '8', memory: '32Gi', pods: '1000' }

/**
 * Creates the node to which pods are bound, or renews its status.
 * Nothing sends heartbeats for it: the sandbox runs without the controller that would miss them.
 * @throws the API server's error
 */
export async function ensureNode(config: KubeConfig): Promise<void> {
  const core = config.makeApiClient(CoreV1Api)
  await core.createNode({ body: node() }).catch((error: unknown) => {
    if (!(error instanceof ApiException && error.code === 409)) throw error
  })
  const merge = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)
  await core.patchNodeStatus({ name: NODE_NAME, body: { status: nodeStatus() } }, merge)
}

function node(): V1Node {
  const labels = { 'kubernetes.io/hostname': NODE_NAME, 'kubernetes.io/os': 'linux' }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME, labels } }
}

function nodeStatus() {
  const now = new Date().toISOString()
  const ready = { type: 'Ready', status: 'True', reason: 'AgentRuns', message: 'the sandbox agent runs pods' }
  return {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
    addresses: [{ type: 'Hostname', address: NODE_NAME }],
  }
}
