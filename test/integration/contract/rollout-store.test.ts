import { rolloutStore } from '../../../src/adapters/kubernetes/rollouts.ts'
import { rolloutStoreContract } from '../../contract/rollout-store.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

rolloutStoreContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return {
    cluster,
    store: rolloutStore(cluster.client, cluster.caches, cluster.log),
    eventsOf: async (name) => cluster.eventsOf(name),
    close: async () => cluster.close(),
  }
})
