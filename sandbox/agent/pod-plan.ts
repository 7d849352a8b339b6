import type { V1Container, V1EnvVar, V1Pod, V1Probe } from '@kubernetes/client-node'

/** The image that this agent can run, whatever its tag or digest. */
export const DEMO_IMAGE = 'sluice.dev/demo-app'

/** Host and port of a service that the pod calls through a sidecar. */
export interface Dependency {
  host: string
  port: number
}

/** How readiness is asked for, durations in milliseconds. */
export interface ProbePlan {
  path: string
  initialDelayMs: number
  periodMs: number
  timeoutMs: number
  failureThreshold: number
  successThreshold: number
}

/** All that is needed to run a pod. */
export interface PodPlan {
  container: string
  image: string
  env: Record<string, string>
  /** Names of the container's ports: the app answers for all of them at the one port it is given. */
  portNames: string[]
  /** Absent: ready as soon as it listens. */
  probe?: ProbePlan
  dependency?: Dependency
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs: number
}

/** Why the agent does not run a pod. */
export class Refusal {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

const DEFAULT_DEPENDENCY_PORT = 9080

/** Decides how to run a pod, or why not. What the agent cannot do is refused rather than left out silently. */
export function planPod(pod: V1Pod): PodPlan | Refusal {
  const [container, ...others] = pod.spec?.containers ?? []
  const refusal = refuse(pod, container, others.length)
  if (refusal || !container) return new Refusal(refusal ?? 'the pod has no container')
  const env = Object.fromEntries((container.env ?? []).map((variable) => [variable.name, envValue(variable, pod)]))
  return {
    container: container.name,
    image: container.image ?? '',
    env,
    portNames: portNames(container),
    ...(container.readinessProbe ? { probe: planProbe(container.readinessProbe) } : {}),
    ...(env['DEPENDENCY'] ? { dependency: parseDependency(env['DEPENDENCY']) } : {}),
    graceMs: (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
  }
}

function refuse(pod: V1Pod, container: V1Container | undefined, others: number): string | undefined {
  const image = container?.image ?? ''
  if (image.replace(/[:@].*$/, '') !== DEMO_IMAGE) {
    return `the sandbox runs the image ${DEMO_IMAGE} only, not ${image || 'none'}`
  }
  if (others > 0 || pod.spec?.initContainers?.length) return 'the sandbox runs pods of one container only'
  if (pod.spec?.restartPolicy && pod.spec.restartPolicy !== 'Always') {
    return `the sandbox supports restartPolicy Always only, not ${pod.spec.restartPolicy}`
  }
  if (container?.envFrom?.length) return 'the sandbox does not support envFrom'
  return refuseEnv(container?.env ?? [], pod) ?? refuseProbe(container?.readinessProbe)
}

function refuseEnv(env: V1EnvVar[], pod: V1Pod): string | undefined {
  const unknown = env.find((variable) => envValue(variable, pod) === undefined)
  return unknown && `the sandbox cannot resolve valueFrom of the variable ${unknown.name}`
}

function refuseProbe(probe: V1Probe | undefined): string | undefined {
  return probe && !probe.httpGet ? 'the sandbox supports readiness probes by httpGet only' : undefined
}

function envValue({ value, valueFrom }: V1EnvVar, pod: V1Pod): string | undefined {
  if (!valueFrom) return value ?? ''
  const path = valueFrom.fieldRef?.fieldPath ?? ''
  const [, kind, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (kind && key) return pod.metadata?.[kind as 'labels' | 'annotations']?.[key] ?? ''
  return simpleField(path, pod)
}

function simpleField(path: string, { metadata, spec }: V1Pod): string | undefined {
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata?.name,
    'metadata.namespace': metadata?.namespace,
    'metadata.uid': metadata?.uid,
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName ?? 'default',
  }
  return fields[path]
}

function planProbe(probe: V1Probe): ProbePlan {
  return {
    path: probe.httpGet?.path ?? '/',
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds ?? 10) * 1000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    failureThreshold: probe.failureThreshold ?? 3,
    successThreshold: probe.successThreshold ?? 1,
  }
}

// istiod finds the port of a WorkloadEntry by the name of the Service's port or of its targetPort.
function portNames(container: V1Container): string[] {
  const names = (container.ports ?? []).map((port) => port.name ?? 'http')
  return names.length > 0 ? [...new Set(names)] : ['http']
}

/** Splits `host[:port]`; the port is 9080 when not given. */
export function parseDependency(text: string): Dependency {
  const [host = '', port] = text.split(':')
  return { host, port: port ? Number(port) : DEFAULT_DEPENDENCY_PORT }
}
