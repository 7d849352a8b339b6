import { changesOf } from '../../../src/adapters/kubernetes/changes.ts'
import { changesContract } from '../../contract/changes.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

changesContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return { cluster, changes: changesOf(cluster.caches), close: async () => cluster.close() }
})
