import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAllYaml } from '@kubernetes/client-node'
import type {
  KubernetesObject,
  V1Deployment,
  V1PodDisruptionBudget,
  V1Service,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { projectRoot } from '../../sandbox/env.ts'
import { findInstalled } from '../../sandbox/tools/locate.ts'
import { readSettings } from '../main/settings.ts'
import { baseObject, baseObjects } from './base.ts'

const deploy = join(projectRoot, 'deploy')
const components = join(deploy, 'components')
const kubectl = findInstalled('kubectl')
const deployment = baseObject('Deployment') as V1Deployment
const service = baseObject('Service') as V1Service

function read(path: string): unknown {
  return parse(readFileSync(join(components, path), 'utf8'))
}

describe('the budget for disruptions', () => {
  const { spec } = baseObject('PodDisruptionBudget') as V1PodDisruptionBudget

  it('is about the pods of the Deployment, and lets a node be drained', () => {
    expect(deployment.spec?.template.metadata?.labels).toMatchObject(
      spec?.selector?.matchLabels ?? { none: '' },
    )
    expect(deployment.spec?.replicas).toBeGreaterThan(Number(spec?.minAvailable))
  })
})

interface Monitor {
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> }
    readonly endpoints: readonly {
      readonly port: string
      readonly path: string
      readonly honorLabels: boolean
    }[]
  }
}

interface RuleFile {
  readonly spec: { readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[] }
}

describe('deploy/components/service-monitor', () => {
  const monitor = read('service-monitor/service-monitor.yaml') as Monitor
  const rules = read('service-monitor/prometheus-rule.yaml') as RuleFile

  it('finds the Service and its port, and keeps the namespace of Rollouts', () => {
    const [endpoint] = monitor.spec.endpoints
    expect(service.metadata).toMatchObject({
      namespace: monitor.metadata.namespace,
      labels: monitor.spec.selector.matchLabels,
    })
    expect(service.spec?.ports?.map(({ name }) => name)).toContain(endpoint?.port)
    expect(endpoint).toMatchObject({ path: '/metrics', honorLabels: true })
  })

  it('alerts on metrics that there are', async () => {
    const known = new Set((await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name))
    const expressions = rules.spec.groups.flatMap((group) => group.rules.map(({ expr }) => expr))
    const named = expressions.map((expr) => [...expr.matchAll(/\bsluice_\w+/g)].map(([name]) => name))
    expect(named.filter((names) => names.length === 0)).toEqual([])
    expect(named.flat().filter((name) => !known.has(name))).toEqual([])
  })
})

/** The Deployment's container and volumes with components. */
function podOf(objects: readonly KubernetesObject[]) {
  const pod = (objects.find(({ kind }) => kind === 'Deployment') as V1Deployment).spec?.template.spec
  const [container] = pod?.containers ?? []
  if (container === undefined) throw new Error('the Deployment has no container')
  return { container, volumes: pod?.volumes ?? [] }
}

/** The base with components, as kustomize makes it. */
function overlay(folder: string, names: readonly string[]): KubernetesObject[] {
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../base'],
    components: names.map((name) => `../components/${name}`),
  }
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
  return loadAllYaml(
    execFileSync(kubectl ?? '', ['kustomize', folder], { encoding: 'utf8' }),
  ) as KubernetesObject[]
}

describe.skipIf(kubectl === undefined)('the components', () => {
  let folder: string
  // kustomize takes no absolute paths.
  beforeAll(() => {
    folder = mkdtempSync(join(deploy, '.overlay-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('go together: each adds to the base and takes nothing from it', () => {
    const all = readdirSync(components)
    const objects = overlay(folder, all)
    const keys = objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}`)
    expect(keys).toEqual(
      expect.arrayContaining(baseObjects().map(({ kind, metadata }) => `${kind} ${metadata?.name}`)),
    )
    expect(keys).toEqual(expect.arrayContaining(['ServiceMonitor sluice', 'PrometheusRule sluice']))
    const { container, volumes } = podOf(objects)
    expect(volumes).toHaveLength(2)
    expect(container).toMatchObject(deployment.spec?.template.spec?.containers[0] ?? {})
  })

  it.each(['temporal-tls', 'temporal-api-key'])(
    '%s names files that it mounts, by settings that there are',
    (name) => {
      const { container, volumes } = podOf(overlay(folder, [name]))
      const [{ name: volume, mountPath, readOnly } = { name: '', mountPath: '' }] =
        container.volumeMounts ?? []
      expect(readOnly).toBe(true)
      expect(volumes).toMatchObject([{ name: volume, secret: { secretName: `sluice-${name}` } }])
      const { descriptions } = readSettings()
      const env = container.env ?? []
      expect(env).not.toEqual([])
      expect(env.filter((setting) => descriptions[setting.name] === undefined)).toEqual([])
      expect(env.filter(({ value }) => value?.startsWith(`${mountPath}/`) !== true)).toEqual([])
    },
  )
})
