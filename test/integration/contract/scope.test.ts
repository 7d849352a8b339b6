import { expect, it } from 'vitest'
import { meshScope } from '../../../src/adapters/kubernetes/scope.ts'
import { scopeContract } from '../../contract/scope.ts'
import { RealCluster } from './real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

scopeContract('Kubernetes', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  return { cluster, scope: meshScope(cluster.caches), close: async () => cluster.close() }
})

it('keeps no endpoints of ServiceEntries', async () => {
  const cluster = await RealCluster.open(workerSandbox().kubeconfig)
  const { namespace } = cluster
  const spec = {
    location: 'MESH_EXTERNAL',
    resolution: 'STATIC',
    hosts: [`api.${namespace}.example`],
    ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
    endpoints: [{ address: '192.0.2.1' }],
  }
  const changed = new Promise((resolve) => {
    cluster.caches.serviceEntries.once('change', resolve)
  })
  await cluster.create({
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'api', namespace },
    spec,
  })
  await changed
  const [kept] = cluster.caches.serviceEntries.list(namespace)
  expect(kept?.spec).toEqual({ hosts: spec.hosts, ports: spec.ports })
  expect(kept?.metadata).not.toHaveProperty('managedFields')
  await cluster.close()
})
