import { istioMesh } from '../../../src/adapters/istio/mesh.ts'
import { meshContract } from '../../contract/mesh.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

meshContract('Istio', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return { cluster, mesh: istioMesh(cluster.client, cluster.caches), close: async () => cluster.close() }
})
