import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { V1ClusterRole } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { baseObject } from './base.ts'
import { rights, rightsOf } from './rights.ts'
import type { Right } from './rights.ts'

const WATCH = ['list', 'watch']
const WORKLOADS = ['deployments', 'statefulsets']
const SCALES = WORKLOADS.map((kind) => `${kind}/scale`)
const ISTIO = ['virtualservices', 'destinationrules']

/** Every call of the adapters to the API server, and the rights that it takes. A new call needs a line here. */
const CALLS: Readonly<Record<string, readonly Right[]>> = {
  'kubernetes/caches.ts custom.listClusterCustomObject': [
    ...rights(WATCH, 'sluice.dev', ['rollouts', 'metrictemplates']),
    ...rights(WATCH, 'networking.istio.io', [...ISTIO, 'serviceentries', 'sidecars']),
    ...rights(WATCH, 'apps', WORKLOADS),
    ...rights(WATCH, 'autoscaling', ['horizontalpodautoscalers']),
    ...rights(WATCH, 'policy', ['poddisruptionbudgets']),
  ],
  'kubernetes/caches.ts core.listServiceForAllNamespaces': rights(WATCH, '', ['services']),
  'kubernetes/caches.ts core.listPodForAllNamespaces': rights(WATCH, '', ['pods']),
  'kubernetes/caches.ts core.listNamespace': rights(WATCH, '', ['namespaces']),
  'kubernetes/rollouts.ts custom.getNamespacedCustomObject': rights(['get'], 'sluice.dev', ['rollouts']),
  'kubernetes/rollouts.ts custom.patchNamespacedCustomObject': rights(['patch'], 'sluice.dev', ['rollouts']),
  'kubernetes/rollouts.ts custom.replaceNamespacedCustomObjectStatus': rights(['update'], 'sluice.dev', [
    'rollouts/status',
  ]),
  'kubernetes/events.ts core.createNamespacedEvent': rights(['create'], '', ['events']),
  'kubernetes/scaling.ts custom.getNamespacedCustomObjectScale': rights(['get'], 'apps', SCALES),
  'kubernetes/scaling.ts custom.patchNamespacedCustomObjectScale': rights(['patch'], 'apps', SCALES),
  'kubernetes/scaling.ts custom.getNamespacedCustomObject': rights(['get'], 'autoscaling', [
    'horizontalpodautoscalers',
  ]),
  'kubernetes/scaling.ts custom.patchNamespacedCustomObject': rights(['patch'], 'autoscaling', [
    'horizontalpodautoscalers',
  ]),
  'kubernetes/scaling.ts custom.deleteNamespacedCustomObject': rights(['delete'], 'apps', WORKLOADS),
  'istio/mesh.ts custom.getNamespacedCustomObject': rights(['get'], 'networking.istio.io', ISTIO),
  'istio/mesh.ts custom.createNamespacedCustomObject': rights(['create'], 'networking.istio.io', ISTIO),
  'istio/mesh.ts custom.deleteNamespacedCustomObject': rights(['delete'], 'networking.istio.io', ISTIO),
  'istio/mesh.ts custom.replaceNamespacedCustomObject': rights(['update'], 'networking.istio.io', ISTIO),
}

/**
 * Made by the command line, with the rights of who types. The built-in role "view" has events, Services, workloads and
 * pods; Istio's objects may be read by those who write them.
 */
const CALLS_OF_PEOPLE: Readonly<Record<string, readonly Right[]>> = {
  'kubernetes/viewer.ts custom.listClusterCustomObject': rights(WATCH, 'sluice.dev', ['rollouts']),
  'kubernetes/viewer.ts custom.listNamespacedCustomObject': rights(WATCH, 'sluice.dev', ['rollouts']),
  'kubernetes/viewer.ts core.listNamespacedEvent': [],
  'kubernetes/reader.ts custom.listClusterCustomObject': rights(WATCH, 'sluice.dev', ['rollouts']),
  'kubernetes/reader.ts custom.listNamespacedCustomObject': rights(WATCH, 'sluice.dev', ['rollouts']),
  'kubernetes/reader.ts custom.getNamespacedCustomObject': [],
  'kubernetes/reader.ts core.readNamespace': [],
  'kubernetes/reader.ts core.readNamespacedService': [],
  'kubernetes/reader.ts core.listNamespacedPod': [],
  // Everybody who is let in may ask who they are.
  'kubernetes/self.ts custom.createClusterCustomObject': [],
}

/** What a metric of a namespace may need, by a Role there and never by Sluice's own: see docs/reference/metric-template.md. */
const CALLS_THAT_NAMESPACES_ALLOW = ['kubernetes/secrets.ts core.readNamespacedSecret']

const adapters = join(projectRoot, 'src/adapters')
const sources = readdirSync(adapters, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)
const textOf = (name: string) => readFileSync(join(adapters, name), 'utf8')

function callsIn(name: string): string[] {
  const found = textOf(name).matchAll(/\bclient\.((?:core|apps|custom)\.\w+)/g)
  return [...found].map(([, call]) => `${name} ${call}`)
}

function rulesOf(name: string) {
  return (baseObject('ClusterRole', name) as V1ClusterRole).rules ?? []
}

describe('the rights of Sluice', () => {
  it('are those of the calls that its adapters make, no more and no less', () => {
    expect(rightsOf(rulesOf('sluice'))).toEqual([...new Set(Object.values(CALLS).flat())].toSorted())
  })

  it('know every call of the adapters', () => {
    const known = [...Object.keys(CALLS), ...Object.keys(CALLS_OF_PEOPLE), ...CALLS_THAT_NAMESPACES_ALLOW]
    expect([...new Set(sources.flatMap(callsIn))].toSorted()).toEqual(known.toSorted())
  })

  it('know every client that the adapters make', () => {
    const made = sources.flatMap((name) => [...textOf(name).matchAll(/\bmakeApiClient\((\w+)\)/g)])
    expect(made.map(([, api = '']) => api).toSorted()).toEqual(['CoreV1Api', 'CustomObjectsApi'])
    expect(sources.filter((name) => textOf(name).includes('KubernetesObjectApi'))).toEqual([])
  })

  it.each(['sluice', 'sluice-view', 'sluice-edit', 'sluice-faults'])(
    'in role %s name each group, resource and verb',
    (name) => {
      for (const rule of rulesOf(name)) {
        expect(Object.keys(rule).toSorted()).toEqual(['apiGroups', 'resources', 'verbs'])
        expect(rule).not.toMatchObject({
          resources: expect.arrayContaining([expect.stringMatching(/\*|secrets/)]),
        })
        expect([...(rule.verbs ?? []), ...(rule.apiGroups ?? [])]).not.toContain('*')
      }
    },
  )
})

describe('the rights of people', () => {
  it('to view let the command line read Rollouts', () => {
    expect(rightsOf(rulesOf('sluice-view'))).toEqual(
      expect.arrayContaining(Object.values(CALLS_OF_PEOPLE).flat()),
    )
  })

  it('to view change nothing', () => {
    expect(rulesOf('sluice-view').flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch'])
  })

  it('to clear and inject faults are those of the command, and nobody has them unasked', () => {
    expect(rightsOf(rulesOf('sluice-faults'))).toEqual(
      [
        ...rights(WATCH, 'sluice.dev', ['rollouts']),
        ...rights(['get'], 'sluice.dev', ['rollouts']),
        ...rights(['get', 'list', 'update', 'create', 'delete'], 'networking.istio.io', ['virtualservices']),
        ...rights(['list'], 'networking.istio.io', ['serviceentries']),
        ...rights(['get'], '', ['services']),
        ...rights(['list'], '', ['pods']),
        ...rights(['list'], 'apps', ['deployments']),
      ].toSorted(),
    )
    const { labels = {} } = (baseObject('ClusterRole', 'sluice-faults') as V1ClusterRole).metadata ?? {}
    expect(Object.keys(labels).filter((label) => label.includes('aggregate'))).toEqual([])
  })

  it('to edit leave the status to Sluice', () => {
    expect(rulesOf('sluice-edit').flatMap(({ resources }) => resources)).toEqual([
      'rollouts',
      'metrictemplates',
    ])
  })
})
