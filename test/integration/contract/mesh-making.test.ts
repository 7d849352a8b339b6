import { istioMaking } from '../../../src/adapters/istio/mesh.ts'
import { meshMakingContract } from '../../contract/mesh-making.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

meshMakingContract('Istio', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return { cluster, making: istioMaking(cluster.client), close: async () => cluster.close() }
})
