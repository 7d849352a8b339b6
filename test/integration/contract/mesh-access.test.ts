import { directMesh } from '../../../src/adapters/istio/mesh.ts'
import { meshAccessContract } from '../../contract/mesh-access.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

meshAccessContract('Istio without caches', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return { cluster, mesh: directMesh(cluster.client), close: async () => cluster.close() }
})
