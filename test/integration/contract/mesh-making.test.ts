import { inject } from 'vitest'
import { istioMaking } from '../../../src/adapters/istio/mesh.ts'
import { meshMakingContract } from '../../contract/mesh-making.ts'
import { RealCluster } from './real-cluster.ts'

meshMakingContract('Istio', async () => {
  const cluster = await RealCluster.open(inject('sandbox').kubeconfig)
  return { cluster, making: istioMaking(cluster.client), close: async () => cluster.close() }
})
