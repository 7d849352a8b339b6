import type { V1Pod } from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import {
  INJECT_LABEL,
  injectedAnnotations,
  PROCESS_ANNOTATION,
  parseDependency,
  planPod,
  Refusal,
  SHARED,
} from '../../../sandbox/agent/pod-plan.ts'
import type { PodPlan } from '../../../sandbox/agent/pod-plan.ts'
import { demoPod } from './pods.ts'

const planned = (...args: Parameters<typeof demoPod>): PodPlan => {
  const plan = planPod(demoPod(...args))
  if (plan instanceof Refusal) throw new Error(plan.message)
  return plan
}

const refused = (...args: Parameters<typeof demoPod>): string => {
  const plan = planPod(demoPod(...args))
  return plan instanceof Refusal ? plan.message : 'not refused'
}

test.each(['sluice.dev/demo-app', 'sluice.dev/demo-app:v7', 'sluice.dev/demo-app@sha256:00'])(
  '%s runs',
  (image) => {
    expect(planned({ image }).image).toBe(image)
  },
)

test.each(['nginx:1', 'sluice.dev/demo-app-2:v1', 'docker.io/sluice.dev/demo-app'])(
  '%s is refused',
  (image) => {
    expect(refused({ image })).toContain(`not ${image}`)
  },
)

test('the environment has literal values and the fields of the pod, also of one that is not bound yet', () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  const env = [
    { name: 'VERSION', value: 'v1' },
    { name: 'EMPTY' },
    field('POD', 'metadata.name'),
    field('NODE', 'spec.nodeName'),
    field('LABEL', "metadata.labels['version']"),
  ]
  expect(planned({ env }, { nodeName: '' }).env).toEqual({
    VERSION: 'v1',
    EMPTY: '',
    POD: 'reviews-v1-abc',
    NODE: 'sandbox',
    LABEL: 'v1',
  })
})

test.each([
  [
    'a secret',
    { env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
    'variable KEY',
  ],
  ['envFrom', { envFrom: [{ configMapRef: { name: 'c' } }] }, 'envFrom'],
  ['a probe by command', { readinessProbe: { exec: { command: ['true'] } } }, 'httpGet only'],
])('%s is refused with the reason', (_, container, reason) => {
  expect(refused(container)).toContain(reason)
})

test.each([
  ['two containers', { containers: [demoPod().spec!.containers[0]!, { name: 'b' }] }, 'one container only'],
  ['an init container', { initContainers: [{ name: 'init' }] }, 'one container only'],
  ['restartPolicy Never', { restartPolicy: 'Never' }, 'not Never'],
])('%s is refused with the reason', (_, spec, reason) => {
  expect(refused({}, spec)).toContain(reason)
})

test("a probe's unset fields have Kubernetes' defaults", () => {
  expect(planned({ readinessProbe: { httpGet: { port: 'http' } } }).probe).toEqual({
    path: '/',
    initialDelayMs: 0,
    periodMs: 10_000,
    timeoutMs: 1000,
    failureThreshold: 3,
    successThreshold: 1,
  })
})

test('the endpoint has the names of all ports, and is named http without any', () => {
  const ports = [
    { name: 'web', containerPort: 1 },
    { name: 'metrics', containerPort: 2 },
  ]
  expect(planned({ ports }).portNames).toEqual(['web', 'metrics'])
  expect(planned({ ports: [{ containerPort: 9080 }] }).portNames).toEqual(['http'])
})

test('a dependency is called at port 9080 unless it names another', () => {
  expect(parseDependency('ratings')).toEqual({ host: 'ratings', port: 9080 })
  expect(parseDependency('ratings:80')).toEqual({ host: 'ratings', port: 80 })
})

test.each([
  ['nothing', undefined, undefined, false],
  ["Istio's label", 'true', undefined, true],
  ["Istio's former annotation", undefined, 'true', true],
  ['a label against the annotation', 'false', 'true', false],
])('with %s a pod is called through a proxy as asked', (_, label, annotation, inbound) => {
  const pod = demoPod({}, {}, annotation === undefined ? {} : { [INJECT_LABEL]: annotation })
  pod.metadata!.labels = { app: 'reviews', ...(label !== undefined && { [INJECT_LABEL]: label }) }
  expect(planPod(pod)).toMatchObject({ inbound })
})

test('an app that shares the process of the agent may do all but crash', () => {
  const shared = { [PROCESS_ANNOTATION]: SHARED }
  expect(planned({}, {}, shared).shared).toBe(true)
  expect(planned().shared).toBe(false)
  expect(refused({ env: [{ name: 'CRASH', value: '100' }] }, {}, shared)).toContain('leave CRASH out')
})

describe("the annotation of Istio's injector", () => {
  const noted = (pod: V1Pod) => injectedAnnotations(planPod(pod))['sidecar.istio.io/status']
  const depending = { env: [{ name: 'DEPENDENCY', value: 'ratings' }] }

  test('names the proxy of a pod that has one', () => {
    for (const pod of [demoPod(depending), demoPod({}, {}, { [INJECT_LABEL]: 'true' })])
      expect(JSON.parse(noted(pod) ?? '{}')).toMatchObject({ containers: ['istio-proxy'] })
  })

  test.each([
    ['no proxy', demoPod()],
    ['an image that the agent cannot run', demoPod({ ...depending, image: 'nginx:1' })],
  ])('is not for a pod with %s', (_, pod) => {
    expect(noted(pod)).toBeUndefined()
  })
})
