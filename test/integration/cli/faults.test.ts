import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject, V1ClusterRole } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { projectRoot } from '../../../sandbox/env.ts'
import { Shop, quickSpec } from '../../../sandbox/kit/shop.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'
import { faultsOf } from '../../../src/core/faults/record.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { baseObject } from '../../deploy/base.ts'
import { connect } from '../../mesh/cluster.ts'
import { runSluice } from '../../main/run-sluice.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `faults-${Date.now().toString(36)}`
const shop = new Shop(env, namespace)
const ratings = new Shop(env, namespace, 'ratings')
const ask = connect(env.kubeconfig)
const USER = `jane-${namespace}`
const ROLE_PATH = '/apis/rbac.authorization.k8s.io/v1'

let folder: string
/** Of somebody who has the role sluice-faults and nothing else. */
let kubeconfig: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  kubeconfig = await kubeconfigAs(USER)
  await shop.open()
  await ratings.open()
  await shop.applyRollout(quickSpec('v1'))
  await applyObjects(shop.config, roleFor(USER))
})

afterAll(async () => {
  for (const plural of ['clusterrolebindings', 'clusterroles'])
    await ask({ method: 'DELETE', path: `${ROLE_PATH}/${plural}/${USER}` })
  await shop.close()
  await rm(folder, { recursive: true })
})

/** A kubeconfig of the administrator, who acts as somebody else. */
async function kubeconfigAs(user: string): Promise<string> {
  const config = parse(await readFile(env.kubeconfig, 'utf8')) as {
    users: { user: Record<string, unknown> }[]
  }
  for (const one of config.users) one.user['as'] = user
  const file = join(folder, user)
  await writeFile(file, stringify(config))
  return file
}

function roleFor(user: string): KubernetesObject[] {
  const { rules } = baseObject('ClusterRole', 'sluice-faults') as V1ClusterRole
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const apiGroup = 'rbac.authorization.k8s.io'
  const roleRef = { apiGroup, kind: 'ClusterRole', name: user }
  const subjects = [{ apiGroup, kind: 'User', name: user }]
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name: user }, rules } as KubernetesObject,
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: user },
      roleRef,
      subjects,
    } as KubernetesObject,
  ]
}

const INJECT = ['inject', 'reviews', '--version', 'v1', '--abort', '503', '--yes', '-n', namespace]

function argsFor(duration: string, dependency = 'ratings'): string[] {
  return ['faults', ...INJECT, '--dependency', dependency, '--duration', duration, '--kubeconfig', kubeconfig]
}

async function list(): Promise<string> {
  return (await runSluice(['faults', '-n', namespace, '--kubeconfig', kubeconfig])).stdout
}

/** Without what the API server counts, and tells of writers. */
async function bare(of = ratings): Promise<object> {
  const { spec, metadata } = await of.virtualService()
  const { annotations, labels } = metadata
  return { spec, annotations, labels }
}

describe('a fault by hand', () => {
  it('stands for its time, is listed with its owner, and is gone without a trace', async () => {
    const before = await bare()
    const injected = runSluice(argsFor('6s'))
    const line = await eventually('the fault is listed', async () => {
      const [, first] = (await list()).split('\n')
      return first !== undefined && first !== '' && first
    })
    expect(line).toMatch(
      new RegExp(
        `^${namespace} +ratings +sluice-fault-.*abort 100 % with 503.* ${USER} \\(probe\\) +in \\ds$`,
      ),
    )
    const { code, stdout } = await injected
    expect(stdout).toContain(`taken out of VirtualService ${namespace}/ratings after 6s`)
    expect(code).toBe(0)
    expect(await bare()).toEqual(before)
    expect(await list()).toBe('')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('is taken out at %s', async (signal) => {
    const before = await bare()
    const program = join(projectRoot, 'src/main/sluice.ts')
    const child = spawn(process.execPath, [program, ...argsFor('1m')], { env: {}, stdio: 'ignore' })
    const exit = once(child, 'exit')
    await eventually('the fault stands', async () => faultsOf(await ratings.virtualService()).length === 1)
    child.kill(signal)
    expect(await exit).toEqual([130, null])
    expect(await bare()).toEqual(before)
  })

  it('has a VirtualService of its own where the host has none', async () => {
    const path = `/api/v1/namespaces/${namespace}/services`
    const spec = { ports: [{ name: 'http', port: 9080 }], selector: { app: 'stars' } }
    await ask({ method: 'POST', path, body: { metadata: { name: 'stars' }, spec } })
    const injected = runSluice(argsFor('5s', 'stars'))
    await eventually('the fault is listed', async () => (await list()).includes('sluice-fault-'))
    expect((await injected).stdout).toMatch(/in made VirtualService[^]*is removed after 5s/)
    const routes = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`
    const { items } = (await ask({ method: 'GET', path: routes })).body as unknown as {
      items: VirtualService[]
    }
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(['ratings', 'reviews'])
  })

  it('is refused to those without the rights, with the right that is missing', async () => {
    const nobody = await kubeconfigAs('nobody')
    const { code, stderr } = await runSluice([
      'faults',
      'clear',
      `${namespace}/ratings`,
      '--kubeconfig',
      nobody,
    ])
    expect(stderr).toContain('ask for the rights get on the kind VirtualService')
    expect(code).toBe(3)
  })
})

describe('a foreign fault', () => {
  it('is listed with who wrote it, and cleared without touching anything else', async () => {
    const before = await bare()
    const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/ratings`
    const fault = { delay: { percentage: { value: 10 }, fixedDelay: '1s' } }
    const body = [{ op: 'add', path: '/spec/http/0/fault', value: fault }]
    const contentType = 'application/json-patch+json'
    await ask({ method: 'PATCH', path: `${path}?fieldManager=somebody`, contentType, body })
    expect(await list()).toMatch(/delay 10 % by 1s +10 % +≥ \ds +somebody \(foreign\) +never/)

    const clear = ['faults', 'clear', `${namespace}/ratings`, '--kubeconfig', kubeconfig]
    const refused = await runSluice(clear)
    expect(refused.stderr).toContain('nobody can be asked here; --yes takes them out')
    expect(refused.code).toBe(1)
    const cleared = await runSluice([...clear, '--yes'])
    expect(cleared.stdout).toBe('taken out: delay 10 % by 1s in route primary, of somebody (foreign)\n')
    expect(cleared.code).toBe(0)
    expect(await bare()).toEqual(before)
  })
})
