import { inject } from 'vitest'
import { changesOf } from '../../../src/adapters/kubernetes/changes.ts'
import { changesContract } from '../../contract/changes.ts'
import { RealCluster } from './real-cluster.ts'

changesContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(inject('sandbox').kubeconfig)
  return { cluster, changes: changesOf(cluster.caches), close: async () => cluster.close() }
})
