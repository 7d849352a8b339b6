import type { KubernetesObject } from '@kubernetes/client-node'
import { gatewayLabels } from '../parts/gateway.ts'

/** The namespaces that the sandbox starts with: Istio's, and one to try things in. */
export const namespaces: KubernetesObject[] = ['istio-system', 'shop'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
}))

/** The mesh's own objects: a Gateway that VirtualServices can name as istio-system/sluice-gateway, and no mTLS. */
export function meshObjects(gatewayPort: number): (KubernetesObject & { spec: object })[] {
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'sluice-gateway', namespace: 'istio-system' },
      spec: {
        selector: { istio: gatewayLabels.istio },
        servers: [
          {
            port: { number: gatewayPort, name: 'http', protocol: 'HTTP' },
            bind: '127.0.0.1',
            hosts: ['*'],
          },
        ],
      },
    },
    {
      // A listener that may meet mTLS waits for certificates, which nobody serves here.
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace: 'istio-system' },
      spec: { mtls: { mode: 'DISABLE' } },
    },
  ]
}
