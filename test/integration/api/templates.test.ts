import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cachesOf, startCaches, stopCaches, whenSynced } from '../../../src/adapters/kubernetes/caches.ts'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import { secrets } from '../../../src/adapters/kubernetes/secrets.ts'
import { metricTemplates } from '../../../src/adapters/kubernetes/templates.ts'
import { RefusedError } from '../../../src/ports.ts'
import { exampleTemplates } from '../../api/templates.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask } from '../../mesh/cluster.ts'
import { Installation } from '../deploy/installation.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const installation = new Installation(env)
const namespace = `templates-${randomUUID().slice(0, 8)}`
const survey = { namespace, name: 'survey' }

let ask: Ask
let client: KubernetesClient
let caches: Caches

async function create(path: string, body: object): Promise<void> {
  const answer = await ask({ method: 'POST', path, body })
  expect(answer).toMatchObject({ status: 201 })
}

beforeAll(async () => {
  ask = connect(env.kubeconfig)
  await installation.apply()
  await create('/api/v1/namespaces', { metadata: { name: namespace } })
  await create(`/api/v1/namespaces/${namespace}/secrets`, {
    metadata: { name: 'survey' },
    stringData: { token: 'Bearer x' },
  })
  client = kubernetesClient(installation.kubeconfig)
  caches = cachesOf(client, pino({ level: 'silent' }))
  await startCaches(caches)
  await whenSynced(caches)
})

afterAll(async () => {
  await stopCaches(caches)
  await ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
  await installation.remove()
})

describe('with the rights of Sluice’s own account', () => {
  it('MetricTemplates are known as soon as they are there', async () => {
    const [conversion] = exampleTemplates
    const ref = { namespace, name: 'conversion' }
    expect(metricTemplates(caches).spec(ref)).toBeUndefined()
    await create(`/apis/sluice.dev/v1alpha1/namespaces/${namespace}/metrictemplates`, {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'MetricTemplate',
      metadata: { name: 'conversion' },
      spec: conversion?.spec,
    })
    await expect.poll(() => metricTemplates(caches).spec(ref)).toEqual(conversion?.spec)
  })

  it('a Secret is read only when a Role of its namespace allows it, and only what it has', async () => {
    const read = async (key: string) => secrets(client).read(survey, key)
    await expect(read('token')).rejects.toThrow(RefusedError)
    await expect(read('token')).rejects.toThrow(
      `Sluice may not read the Secret ${namespace}/survey: give its account the right "get" on it by a Role`,
    )
    await allow()
    await expect.poll(async () => read('token').catch(String)).toBe('Bearer x')
    await expect(read('tokens')).rejects.toThrow(`there is no key tokens in the Secret ${namespace}/survey`)
    expect(await secrets(client).readAll(survey)).toEqual({ token: 'Bearer x' })
  })

  it('a Secret that is missing is told apart from one that may not be read', async () => {
    const readAll = async (name: string) => secrets(client).readAll({ namespace, name })
    await expect(readAll('hidden')).rejects.toThrow(
      `Sluice may not read the Secret ${namespace}/hidden: give its account the right "get" on it by a Role`,
    )
    await expect(readAll('absent')).rejects.toThrow(
      `there is no Secret ${namespace}/absent; create it or correct the name`,
    )
  })
})

async function allow(): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
  await create(`${rbac}/roles`, {
    metadata: { name: 'sluice-metrics' },
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['survey', 'absent'], verbs: ['get'] }],
  })
  await create(`${rbac}/rolebindings`, {
    metadata: { name: 'sluice-metrics' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'sluice-metrics' },
    subjects: [{ kind: 'ServiceAccount', name: 'sluice', namespace: 'sluice-system' }],
  })
}
