import type { V1Deployment, V1Namespace, V1Service } from '@kubernetes/client-node'
import { INJECT_LABEL, PROCESS_ANNOTATION, SHARED } from '../agent/pod-plan.ts'

/** The namespace of the demo. */
export const DEMO_NAMESPACE = 'shop'

/** The port of the demo's services. */
export const DEMO_PORT = 9080

/** One version of a demo service. */
export interface DemoWorkload {
  /** Name of the service, such as `reviews`. */
  name: string
  version: string
  /** Default `shop`. */
  namespace?: string
  /** Default 1. */
  replicas?: number
  /** Behaviour of the demo app, such as `{ ERROR_RATE: 0.05 }`; VERSION is set unless given. */
  env?: Record<string, string | number>
  /** Processor that a pod asks for, such as `100m`: what autoscalers take for 100 %. */
  cpu?: string
  /** The app runs in the node agent's process, unprobed: for pods by the hundred. */
  shared?: boolean
  /** A proxy in front of each pod, so that metrics tell them apart. */
  inbound?: boolean
}

/** A namespace. */
export function demoNamespace(name = DEMO_NAMESPACE): V1Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

/** A Deployment `<name>-<version>`, as far as a version may be part of a name, whose pods carry the labels `app` and `version` and are probed every second. */
export function demoDeployment(workload: DemoWorkload): V1Deployment {
  const { name, version, namespace = DEMO_NAMESPACE, replicas = 1 } = workload
  const labels = { app: name, version }
  const podLabels = workload.inbound === true ? { ...labels, [INJECT_LABEL]: 'true' } : labels
  const annotations = workload.shared === true ? { [PROCESS_ANNOTATION]: SHARED } : undefined
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${name}-${slug(version)}`, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: podLabels, ...(annotations && { annotations }) },
        spec: { containers: [container(workload)] },
      },
    },
  }
}

function slug(version: string): string {
  return version.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
}

function container({ version, env = {}, cpu, shared = false }: DemoWorkload) {
  const variables: Record<string, string | number> = { VERSION: version, ...env }
  return {
    name: 'app',
    image: `sluice.dev/demo-app:${version}`,
    ports: [{ name: 'http', containerPort: DEMO_PORT }],
    env: Object.entries(variables).map(([name, value]) => ({ name, value: String(value) })),
    ...(!shared && { readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 } }),
    ...(cpu !== undefined && { resources: { requests: { cpu } } }),
  }
}

/** A Service on port 9080 for all versions. */
export function demoService({
  name,
  namespace = DEMO_NAMESPACE,
}: {
  name: string
  namespace?: string
}): V1Service {
  const port = { name: 'http', port: DEMO_PORT, targetPort: 'http' }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app: name } },
    spec: { selector: { app: name }, ports: [port] },
  }
}
