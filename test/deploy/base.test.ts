import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadAllYaml } from '@kubernetes/client-node'
import type {
  KubernetesObject,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Namespace,
  V1Service,
} from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/server/app.ts'
import { projectRoot } from '../../sandbox/env.ts'
import { findInstalled } from '../../sandbox/tools/locate.ts'
import { readSettings } from '../main/settings.ts'
import { baseFolder, baseObject, baseObjects } from './base.ts'

const deployment = baseObject('Deployment') as V1Deployment
const pod = deployment.spec?.template.spec
const container = pod?.containers[0] as V1Container
const data = (baseObject('ConfigMap') as V1ConfigMap).data ?? {}

const keyOf = ({ kind, metadata }: KubernetesObject) =>
  `${kind} ${metadata?.namespace ?? ''}/${metadata?.name}`
const byKey = (a: KubernetesObject, b: KubernetesObject) => (keyOf(a) < keyOf(b) ? -1 : 1)
const kubectl = findInstalled('kubectl')

describe('deploy/base', () => {
  it('brings the namespace and the definitions before what needs them', () => {
    expect(baseObjects().slice(0, 3).map(keyOf).toSorted()).toEqual([
      'CustomResourceDefinition /metrictemplates.sluice.dev',
      'CustomResourceDefinition /rollouts.sluice.dev',
      'Namespace /sluice-system',
    ])
  })

  it.skipIf(kubectl === undefined)('is to kustomize what it is to this reader', () => {
    const rendered = execFileSync(kubectl ?? '', ['kustomize', baseFolder], { encoding: 'utf8' })
    const objects = loadAllYaml(rendered) as KubernetesObject[]
    expect(objects.toSorted(byKey)).toEqual(baseObjects().toSorted(byKey))
  })

  it('admits only pods that the restricted profile allows', () => {
    const { labels } = (baseObject('Namespace', 'sluice-system') as V1Namespace).metadata ?? {}
    expect(labels).toHaveProperty(['pod-security.kubernetes.io/enforce'], 'restricted')
  })

  it('binds the role to the account that the pods have, and mounts its token nowhere else', () => {
    const account = baseObject('ServiceAccount')
    const [subject] = (baseObject('ClusterRoleBinding') as V1ClusterRoleBinding).subjects ?? []
    expect(subject).toMatchObject({ name: account.metadata?.name, namespace: account.metadata?.namespace })
    expect(pod).toMatchObject({ serviceAccountName: 'sluice', automountServiceAccountToken: true })
    expect(account).toMatchObject({ automountServiceAccountToken: false })
  })
})

describe('the pods', () => {
  it('run as nobody, with a root file system that cannot be written, and need no other', () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 })
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true })
    expect(pod).not.toHaveProperty('volumes')
  })

  it.each(['livenessProbe', 'readinessProbe'] as const)(
    'have a %s that the server answers',
    async (probe) => {
      const { path = '', port } = container[probe]?.httpGet ?? {}
      const app = createApp({
        dead: () => [],
        unready: () => [],
        metrics: async () => ({ contentType: 'text/plain', body: '' }),
      })
      expect((await app.inject(path)).statusCode).toBe(200)
      expect(container.ports).toContainEqual(expect.objectContaining({ name: port }))
      await app.close()
    },
  )

  it('listen where probes, Service and Prometheus ask', () => {
    const port = Number(data['SLUICE_LISTEN']?.split(':')[1])
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }])
    expect(deployment.spec?.template.metadata?.annotations).toMatchObject({
      'prometheus.io/port': String(port),
      'prometheus.io/path': '/metrics',
    })
    const service = baseObject('Service') as V1Service
    expect(service.spec?.ports).toEqual([{ name: 'http', port, targetPort: 'http' }])
    expect(deployment.spec?.template.metadata?.labels).toMatchObject(service.spec?.selector ?? {})
  })

  it('are of this version, and start a program that the image has', () => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      version: string
    }
    expect(container.image).toBe(`sluice.dev/sluice:${version}`)
    const dockerfile = readFileSync(join(dirname(baseFolder), 'Dockerfile'), 'utf8')
    expect(dockerfile).toContain(`-t ${container.image} .`)
    const program = /ENTRYPOINT \["node", "dist\/(.+)\.js"\]/.exec(dockerfile)?.[1]
    expect(existsSync(join(projectRoot, 'src', `${program}.ts`))).toBe(true)
    expect(dockerfile).toContain(`USER ${pod?.securityContext?.runAsUser}:`)
  })
})

describe('the ConfigMap', () => {
  it('has every setting but the kubeconfig, which the account replaces, and secrets', () => {
    const others = new Set(['KUBECONFIG', 'SLUICE_TEMPORAL_API_KEY'])
    const names = Object.keys(readSettings().descriptions).filter((name) => !others.has(name))
    expect(Object.keys(data)).toEqual(names)
    expect(container.envFrom).toEqual([{ configMapRef: { name: 'sluice' } }])
  })

  it('is a valid configuration that changes no default but addresses', () => {
    const defaults = readSettings().config
    const { config } = readSettings(data)
    const changed = Object.keys(config).filter(
      (name) => JSON.stringify(config[name]) !== JSON.stringify(defaults[name]),
    )
    expect(changed.toSorted()).toEqual(['SLUICE_PROMETHEUS_URL', 'SLUICE_TEMPORAL_ADDRESS'])
  })
})
