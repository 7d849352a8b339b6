import { workloadsOf } from '../../../src/adapters/kubernetes/workloads.ts'
import { workloadsContract } from '../../contract/workloads.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

workloadsContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return {
    cluster,
    workloads: workloadsOf(cluster.caches),
    close: async () => cluster.close(),
  }
})
