import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MeshScope } from '../../src/ports.ts'
import { PATIENCE } from './cluster.ts'
import type { ContractCluster, Manifest } from './cluster.ts'

/** What the mesh knows, and the cluster. */
export interface ScopeSubject {
  readonly scope: MeshScope
  readonly cluster: ContractCluster
  close(): Promise<void>
}

const HTTP = { number: 80, name: 'http', protocol: 'HTTP' }
const ISTIO = 'networking.istio.io/v1'

/** What every implementation of the port MeshScope does. */
export function scopeContract(name: string, open: () => Promise<ScopeSubject>): void {
  describe(`the scope of proxies (${name})`, () => {
    let subject: ScopeSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('knows the full host of a Service', async () => {
      const { namespace } = subject.cluster
      const spec = { ports: [{ port: 80, name: 'http' }], selector: { app: 'ratings' } }
      await subject.cluster.create(object('Service', 'ratings', spec, 'v1'))
      const host = `ratings.${namespace}.svc.cluster.local`
      const known = { kind: 'Service', namespace, name: 'ratings', host, exportTo: [], readable: true }
      await expectKnown(host, [known])
      expect(subject.scope.hosts(`missing.${namespace}.svc.cluster.local`)).toEqual([])
      expect(subject.scope.hosts('ratings')).toEqual([])
    })

    it('tells to whom a Service is exported, and that its ports say TCP', async () => {
      const { namespace } = subject.cluster
      const spec = { ports: [{ port: 5432, name: 'tcp-store' }], selector: { app: 'store' } }
      const { metadata, ...rest } = object('Service', 'store', spec, 'v1')
      const annotations = { 'networking.istio.io/exportTo': '.,checkout' }
      await subject.cluster.create({ ...rest, metadata: { ...metadata, annotations } })
      const host = `store.${namespace}.svc.cluster.local`
      const exportTo = ['.', 'checkout']
      await expectKnown(host, [
        { kind: 'Service', namespace, name: 'store', host, exportTo, readable: false },
      ])
    })

    it('knows the hosts of a ServiceEntry, wildcards among them', async () => {
      const { namespace } = subject.cluster
      const [exact, wild] = [`api.${namespace}.example`, `*.${namespace}.example`]
      const ports = [HTTP]
      const endpoints = [{ address: '192.0.2.1' }]
      const shared = { location: 'MESH_EXTERNAL', resolution: 'STATIC' }
      const entry = { ...shared, hosts: [exact], ports, endpoints, exportTo: ['.'] }
      await subject.cluster.create(object('ServiceEntry', 'api', entry))
      const all = { location: 'MESH_EXTERNAL', resolution: 'NONE', hosts: [wild], ports: [HTTP] }
      await subject.cluster.create(object('ServiceEntry', 'all', all))
      const known = { kind: 'ServiceEntry', namespace, readable: true }
      const covering = { ...known, name: 'all', host: wild, exportTo: [] }
      await expectKnown(exact, [{ ...known, name: 'api', host: exact, exportTo: ['.'] }, covering])
      expect(subject.scope.hosts(`other.${namespace}.example`)).toEqual([covering])
    })

    it('tells that proxies cannot read what a ServiceEntry encrypts', async () => {
      const host = `secure.${subject.cluster.namespace}.test`
      const ports = [{ number: 443, name: 'tls', protocol: 'TLS' }]
      const spec = { location: 'MESH_EXTERNAL', resolution: 'DNS', hosts: [host], ports }
      await subject.cluster.create(object('ServiceEntry', 'secure', spec))
      await vi.waitFor(() => expect(subject.scope.hosts(host)).toMatchObject([{ readable: false }]), PATIENCE)
    })

    it('knows Sidecars, for whom they are and what they let know', async () => {
      const { namespace } = subject.cluster
      const egress = [{ hosts: ['./*', 'istio-system/*'] }, { hosts: ['*/api.example.com'] }]
      const labels = { app: 'reviews' }
      await subject.cluster.create(object('Sidecar', 'reviews', { workloadSelector: { labels }, egress }))
      await subject.cluster.create(object('Sidecar', 'default', {}))
      const views = () =>
        subject.scope
          .sidecars(namespace)
          .toSorted((a, b) => a.name.localeCompare(b.name))
          .map(({ createdAt, ...view }) => ({ ...view, isDated: !Number.isNaN(Date.parse(createdAt)) }))
      const all = { namespace, isDated: true }
      await vi.waitFor(
        () =>
          expect(views()).toEqual([
            { ...all, name: 'default', hosts: ['*/*'] },
            {
              ...all,
              name: 'reviews',
              selector: labels,
              hosts: ['./*', 'istio-system/*', '*/api.example.com'],
            },
          ]),
        PATIENCE,
      )
      expect(subject.scope.sidecars('another-namespace')).toEqual([])
    })

    it('forgets what is deleted', async () => {
      const host = `gone.${subject.cluster.namespace}.test`
      const spec = { location: 'MESH_EXTERNAL', resolution: 'DNS', hosts: [host], ports: [HTTP] }
      await subject.cluster.create(object('ServiceEntry', 'gone', spec))
      await vi.waitFor(() => expect(subject.scope.hosts(host)).toHaveLength(1), PATIENCE)
      await subject.cluster.remove('ServiceEntry', 'gone')
      await vi.waitFor(() => expect(subject.scope.hosts(host)).toEqual([]), PATIENCE)
    })

    async function expectKnown(host: string, expected: readonly object[]): Promise<void> {
      await vi.waitFor(
        () =>
          expect(subject.scope.hosts(host).toSorted((a, b) => (a.name < b.name ? 1 : -1))).toEqual(expected),
        PATIENCE,
      )
    }

    function object(kind: string, named: string, spec: object, apiVersion = ISTIO): Manifest {
      return { apiVersion, kind, metadata: { name: named, namespace: subject.cluster.namespace }, spec }
    }
  })
}
