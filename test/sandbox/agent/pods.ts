import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node'

/** A pod of the demo app, to be changed by each test as it needs. */
export function demoPod(
  container: Partial<V1Container> = {},
  spec: Partial<V1PodSpec> = {},
  annotations: Record<string, string> = {},
): V1Pod {
  const app: V1Container = {
    name: 'app',
    image: 'sluice.dev/demo-app:v1',
    ports: [{ name: 'http', containerPort: 9080 }],
    ...container,
  }
  return {
    metadata: {
      name: 'reviews-v1-abc',
      namespace: 'shop',
      uid: 'uid-1',
      labels: { app: 'reviews', version: 'v1' },
      annotations,
    },
    spec: { containers: [app], nodeName: 'sandbox', ...spec },
  }
}
