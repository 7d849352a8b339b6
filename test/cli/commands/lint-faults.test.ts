import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../../src/ports-views.ts'
import { HOST, steering } from '../../core/policy/fault-rows.ts'
import { aVirtualService, to } from '../../core/shop.ts'
import { lint, linesOf, writeIn } from '../linting.ts'
import { fakeReader } from '../reader.ts'
import { RULE, SERVICE, SHOP, aDeployment, aPod, aRolloutFile, fileOf } from '../shop.ts'

const LIVE = ['--cluster']
const RATINGS: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'ratings', namespace: 'shop' },
  spec: { selector: { app: 'ratings' } },
}
const ROUTED = steering() as unknown as Manifest

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lint-faults-'))
})
afterEach(async () => rm(folder, { recursive: true }))

function probing(fault: object = {}): Manifest {
  const one = { name: 'ratings-slow', dependency: 'ratings', delay: { fixedDelay: '7s' }, ...fault }
  const steps = [{ weight: 5, faults: ['ratings-slow'] }, { weight: 50 }, { weight: 100 }]
  return aRolloutFile({ faults: [one], steps })
}

/** A pod with a proxy, or without. */
function podOf(version: string, hasSidecar = true): Manifest {
  const pod = aPod(version)
  const annotations = hasSidecar ? { 'sidecar.istio.io/status': '{}' } : {}
  return { ...pod, metadata: { ...pod.metadata, annotations } }
}

const PODS = [podOf('v1'), podOf('v2')]

async function live(rollout: Manifest, objects: readonly Manifest[], forbidden: readonly string[] = []) {
  return linesOf(folder, [rollout], LIVE, fakeReader(objects, forbidden))
}

describe('sluice lint of fault probes', () => {
  it('finds nothing where all is in order', async () => {
    expect(await live(probing(), [...SHOP, ...PODS, RATINGS, ROUTED])).toEqual([
      '✔ 1 Rollout checked: no problem',
    ])
  })

  it('tells a dependency that is not there, at its line', async () => {
    const [first = ''] = await live(probing(), [...SHOP, ...PODS])
    expect(first).toContain(`spec.faults[0].dependency: probe ratings-slow (step 1, 5 %) names ${HOST}`)
    const line = Number(/^a\.yaml:(\d+)/.exec(first)?.[1])
    expect(fileOf(probing()).split('\n')[line - 1]).toContain('dependency: ratings')
  })

  it('warns that a VirtualService will be made, since there is none', async () => {
    expect(await live(probing(), [...SHOP, ...PODS, RATINGS])).toEqual([
      expect.stringContaining(
        `no VirtualService routes ${HOST} for shop: probe ratings-slow (step 1, 5 %) makes`,
      ),
      expect.stringContaining('1 warning'),
    ])
  })

  it('warns that timeouts and retries are not applied where a fault is injected', async () => {
    const http = [{ timeout: '3s', retries: { attempts: 2 }, route: [{ destination: { host: HOST } }] }]
    const routed = steering({ http }) as unknown as Manifest
    expect(await live(probing(), [...SHOP, ...PODS, RATINGS, routed])).toEqual([
      expect.stringMatching(
        /VirtualService shop\/ratings has timeout and retries, which Istio does not apply.*tests the canary's own timeouts and retries/,
      ),
      expect.stringContaining('1 warning'),
    ])
  })

  it('warns of a fault that stands already, at the dependency and in a managed route', async () => {
    const fault = { abort: { httpStatus: 503, percentage: { value: 10 } } }
    const http = [{ name: 'all', fault, route: [{ destination: { host: HOST } }] }]
    const routed = steering({ http }) as unknown as Manifest
    const managed = aVirtualService([to('v1')], { fault }) as unknown as Manifest
    const shop = [SERVICE, RULE, managed, aDeployment('v1'), aDeployment('v2')]
    const found = await live(probing(), [...shop, ...PODS, RATINGS, routed])
    expect(found.join('\n')).toMatch(
      /VirtualService shop\/ratings has a fault already, that somebody set: abort 10 % with 503; it is kept/,
    )
    expect(found.join('\n')).toMatch(
      /spec\.traffic\.existing\.virtualServices\[0\]: route primary of VirtualService shop\/reviews has a fault that somebody set/,
    )
    expect(found.at(-1)).toContain('2 warnings')
  })

  it('warns of a probe that no step names, and of what is wrong with one that is not required', async () => {
    const rollout = probing({ required: false, dependency: 'missing' })
    const { spec } = rollout as unknown as { spec: { faults: object[] } }
    const idle = { name: 'idle', dependency: 'ratings', abort: { httpStatus: 503 } }
    const both = { ...rollout, spec: { ...spec, faults: [...spec.faults, idle] } }
    const found = await live(both, [...SHOP, ...PODS, RATINGS, ROUTED])
    expect(found.join('\n')).toContain('spec.faults[1].name: no step names idle, so it is never tried')
    expect(found.join('\n')).toContain('the probe is not required, so the release goes on')
    expect(found.at(-1)).not.toContain('problem:')
  })

  it('tells pods without a sidecar', async () => {
    const [first] = await live(probing(), [...SHOP, podOf('v1'), podOf('v2', false), RATINGS, ROUTED])
    expect(first).toContain('spec.faults: the pods of v2 have no sidecar, such as shop/reviews-v2-0')
  })

  it('tells what a Sidecar or a ServiceEntry hides', async () => {
    const sidecar = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'default', namespace: 'shop' },
      spec: { egress: [{ hosts: ['istio-system/*'] }] },
    }
    const [hidden] = await live(probing(), [...SHOP, ...PODS, RATINGS, ROUTED, sidecar])
    expect(hidden).toContain('Sidecar shop/default does not let them know')
    const entry = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'api', namespace: 'egress' },
      spec: { hosts: ['api.example.com'], exportTo: ['.'], ports: [{ protocol: 'HTTP' }] },
    }
    const [first] = await live(probing({ dependency: 'api.example.com' }), [...SHOP, ...PODS, entry])
    expect(first).toContain('ServiceEntry egress/api is exported to . only; add shop to its spec.exportTo')
  })

  it('says what it could not look at', async () => {
    const reader = fakeReader([...SHOP, ...PODS, ROUTED], ['ServiceEntry', 'Sidecar'])
    const path = await writeIn(folder, 'a.yaml', fileOf(probing()))
    const world = await lint([path, ...LIVE], reader)
    expect(world.notes.join('\n')).toContain('ServiceEntrys')
    const offline = await lint([await writeIn(folder, 'b.yaml', fileOf(probing(), ...SHOP))])
    expect(offline.text).toContain('no problem')
    expect(offline.notes.join('\n')).toContain(`not checked: host ${HOST} is not in these files`)
  })
})
