import { inject } from 'vitest'
import { directMesh } from '../../../src/adapters/istio/mesh.ts'
import { meshAccessContract } from '../../contract/mesh-access.ts'
import { RealCluster } from './real-cluster.ts'

meshAccessContract('Istio without caches', async () => {
  const cluster = await RealCluster.open(inject('sandbox').kubeconfig)
  return { cluster, mesh: directMesh(cluster.client), close: async () => cluster.close() }
})
