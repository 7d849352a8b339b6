import type { V1Container, V1Pod, V1PodSpec, V1Probe } from '@kubernetes/client-node'
import { envValue } from './pod-env.ts'

/** The image that this agent can run, whatever its tag or digest. */
const DEMO_IMAGE = 'sluice.dev/demo-app'

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
  /** The app runs in the agent's own process, as the annotation asks. */
  shared: boolean
  /** Calls to the pod come through a proxy of its own, which counts them. */
  inbound: boolean
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

/** Annotation of a pod whose app needs no process of its own: its value is `Shared`. */
export const PROCESS_ANNOTATION = 'sandbox.sluice.dev/process'
export const SHARED = 'Shared'

/** Istio's own label of a pod that wants a sidecar, with the value `true`; an annotation in former times. */
export const INJECT_LABEL = 'sidecar.istio.io/inject'

/** Istio's injector notes here what it has added to a pod. */
const STATUS_ANNOTATION = 'sidecar.istio.io/status'

const DEFAULT_DEPENDENCY_PORT = 9080

/** Decides how to run a pod, or why not. What the agent cannot do is refused rather than left out silently. */
export function planPod(pod: V1Pod): PodPlan | Refusal {
  const container = pod.spec?.containers[0]
  if (!pod.spec || !container) return new Refusal('the pod has no container')
  const { spec } = pod
  const refusal = CHECKS.map((check) => check(container, spec, pod)).find((reason) => reason !== undefined)
  return refusal === undefined ? plan(container, pod) : new Refusal(refusal)
}

function plan(container: V1Container, pod: V1Pod): PodPlan {
  const { name, image = '', env: variables = [], readinessProbe } = container
  const env = Object.fromEntries(variables.map((variable) => [variable.name, envValue(variable, pod) ?? '']))
  const dependency = env['DEPENDENCY']
  return {
    container: name,
    image,
    env,
    portNames: portNames(container),
    shared: isShared(pod),
    inbound: wantsSidecar(pod),
    ...(readinessProbe ? { probe: planProbe(readinessProbe) } : {}),
    ...(dependency ? { dependency: parseDependency(dependency) } : {}),
    graceMs: (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
  }
}

/** Whether the agent starts a proxy for the pod alone. */
export function hasSidecar({ dependency, inbound }: PodPlan): boolean {
  return inbound || dependency !== undefined
}

/**
 * What Istio's injector would have written into the pod: by that others tell whether it has a proxy. The containers of
 * these proxies are in no pod's spec, where the agent could not add them any more.
 */
export function injectedAnnotations(pod: PodPlan | Refusal): Record<string, string> {
  if (pod instanceof Refusal || !hasSidecar(pod)) return {}
  const added = { initContainers: null, containers: ['istio-proxy'], volumes: null, imagePullSecrets: null }
  return { [STATUS_ANNOTATION]: JSON.stringify({ ...added, revision: 'default' }) }
}

function isShared({ metadata }: V1Pod): boolean {
  return metadata?.annotations?.[PROCESS_ANNOTATION] === SHARED
}

// Unlike Istio's default the sandbox's is no sidecar: each costs half as much memory as the app.
function wantsSidecar({ metadata = {} }: V1Pod): boolean {
  return (metadata.labels?.[INJECT_LABEL] ?? metadata.annotations?.[INJECT_LABEL]) === 'true'
}

type Check = (container: V1Container, spec: V1PodSpec, pod: V1Pod) => string | undefined

const CHECKS: Check[] = [
  ({ image = 'none' }) =>
    image.replace(/[:@].*$/, '') === DEMO_IMAGE
      ? undefined
      : `the sandbox runs the image ${DEMO_IMAGE} only, not ${image}`,
  (_, { containers, initContainers = [] }) =>
    containers.length + initContainers.length === 1
      ? undefined
      : 'the sandbox runs pods of one container only',
  (_, { restartPolicy = 'Always' }) =>
    restartPolicy === 'Always'
      ? undefined
      : `the sandbox supports restartPolicy Always only, not ${restartPolicy}`,
  ({ envFrom = [] }) => (envFrom.length === 0 ? undefined : 'the sandbox does not support envFrom'),
  ({ env = [] }, _, pod) => {
    const unknown = env.find((variable) => envValue(variable, pod) === undefined)
    return unknown && `the sandbox cannot resolve valueFrom of the variable ${unknown.name}`
  },
  ({ env = [] }, _, pod) =>
    isShared(pod) && env.some(({ name }) => name === 'CRASH')
      ? `an app with ${PROCESS_ANNOTATION}: ${SHARED} cannot crash alone: leave CRASH out`
      : undefined,
  ({ readinessProbe: probe }) =>
    !probe || probe.httpGet ? undefined : 'the sandbox supports readiness probes by httpGet only',
]

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
