import { scalingOf } from '../../../src/adapters/kubernetes/scaling.ts'
import { workloadsOf } from '../../../src/adapters/kubernetes/workloads.ts'
import { scalingContract } from '../../contract/scaling.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

scalingContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  const { client, caches } = cluster
  return {
    cluster,
    workloads: workloadsOf(caches),
    scaling: scalingOf(client, caches),
    close: async () => cluster.close(),
  }
})
