import { meshEvents } from '../../../src/adapters/kubernetes/events.ts'
import { meshEventsContract } from '../../contract/mesh-events.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

meshEventsContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return {
    cluster,
    events: meshEvents(cluster.client, cluster.log),
    eventsOf: async (name) => cluster.eventsOf(name),
    close: async () => cluster.close(),
  }
})
