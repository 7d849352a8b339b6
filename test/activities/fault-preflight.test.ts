import { beforeEach, describe, expect, it } from 'vitest'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { PlannedFault } from '../../src/core/faults/planned.ts'
import type { MeshObject } from '../../src/core/traffic/types.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Ports } from '../../src/ports.ts'
import { transition } from '../../src/core/machine/transition.ts'
import { HOST, aFault, steering } from '../core/policy/fault-rows.ts'
import { SERVICE } from '../core/shop.ts'
import { act } from './drive.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
  stage.answer('v2', 0)
  const { store } = stage.cluster
  const ratings = { kind: 'Service', metadata: { name: 'ratings', namespace: 'shop' } }
  store.create({ ...ratings, spec: { selector: { app: 'ratings' } } })
  for (const pod of store.list('Pod', 'shop')) {
    const annotations = { 'sidecar.istio.io/status': '{}' }
    store.replace({ ...pod, metadata: { ...pod.metadata, annotations } })
  }
})

/** What was told on the Rollout. */
function events(): unknown[] {
  return stage.cluster.rollouts.events.map(({ event }) => event)
}

function start(fault: Partial<PlannedFault> = {}): ReleaseState {
  const steps = [
    { weight: 5, holdMs: 0, faults: ['ratings-slow'] },
    { weight: 100, holdMs: 0 },
  ]
  return stage.start({}, { steps, faults: [aFault(fault)] })
}

async function preflighted(fault: Partial<PlannedFault> = {}, ports = stage.cluster.ports) {
  const state = start(fault)
  return transition(state, await act(ports, state))
}

/** Ports whose rehearsals of objects of the dependency are refused. */
function refusing(): Ports {
  const { ports } = stage.cluster
  const rehearse = async ({ metadata, spec }: MeshObject) => {
    if (metadata.name !== SERVICE.name && JSON.stringify(spec).includes(HOST))
      throw new RefusedError('the API server answered 403: not here')
  }
  return { ...ports, mesh: { ...ports.mesh, rehearse }, making: { ...ports.making, rehearse } }
}

describe('preflight of a release with a probe', () => {
  it('clears it where the fault can be injected, and changes nothing', async () => {
    const before = stage.cluster.store.list('VirtualService')
    expect((await preflighted()).phase).toBe('Preparing')
    stage.cluster.store.create({ ...steering() })
    expect((await preflighted()).phase).toBe('Preparing')
    expect(stage.cluster.store.list('VirtualService')).toHaveLength(before.length + 1)
  })

  it.each(['made', 'changed'])('refuses it where the VirtualService may not be %s', async (how) => {
    if (how === 'changed') stage.cluster.store.create({ ...steering() })
    const { findings } = await preflighted({}, refusing())
    expect(findings).toMatchObject([{ reason: 'WriteRefused' }])
    const name = how === 'changed' ? 'shop/ratings' : 'shop/sluice-fault-'
    expect(findings[0]?.message).toContain(name)
    expect(findings[0]?.message).toContain('with the fault of probe ratings-slow (step 1, 5 %)')
    expect(findings[0]?.message).toContain('403: not here')
  })

  it('reads hosts, pods and the limit of the administrator', async () => {
    const host = 'missing.shop.svc.cluster.local'
    expect((await preflighted({ dependency: host })).findings).toMatchObject([
      { reason: 'DependencyNotFound' },
    ])
    expect((await preflighted({ durationMs: 600_001 })).findings).toMatchObject([{ reason: 'ProbeTooLong' }])
    const pod = stage.cluster.store.list('Pod', 'shop').find(({ metadata }) => metadata.name.includes('v2'))
    if (pod === undefined) throw new Error('there is no pod of v2')
    stage.cluster.store.replace({ ...pod, metadata: { ...pod.metadata, annotations: {} } })
    expect((await preflighted()).findings).toMatchObject([{ reason: 'ProbeWithoutSidecar' }])
  })

  it('tells by an event what is wrong with a probe that is not required', async () => {
    const state = await preflighted({ dependency: 'missing.shop.svc.cluster.local', required: false })
    expect(state.phase).toBe('Preparing')
    expect(events()).toContainEqual(
      expect.objectContaining({ reason: 'ProbeUnfit', message: expect.stringContaining('not required') }),
    )
  })
})

describe('a fault that somebody set on the managed route', () => {
  const fault = { delay: { percentage: { value: 50 }, fixedDelay: '7s' } }
  const told = expect.objectContaining({
    type: 'Warning',
    reason: 'FaultInRoute',
    message: expect.stringContaining(
      'route primary of VirtualService shop/reviews has a fault that somebody set: delay 50 % by 7s',
    ),
  })

  function setFault(): void {
    stage.write((object) => ({
      ...object,
      spec: {
        ...object.spec,
        http:
          object.spec.http?.map((route) => (route.name === 'primary' ? { ...route, fault } : route)) ?? [],
      },
    }))
  }

  it('before a release is told of, kept, and refuses nothing', async () => {
    setFault()
    const state = await stage.until('Observing')
    expect(events()).toContainEqual(told)
    expect(stage.shop.virtualService.spec.http?.find(({ name }) => name === 'primary')).toMatchObject({
      fault,
    })
    expect(state.phase).toBe('Observing')
  })

  it('during a release is told of by event and status, and kept', async () => {
    const steps = [
      { weight: 5, holdMs: 1500 },
      { weight: 100, holdMs: 0 },
    ]
    const state = await stage.until('Observing', stage.start({}, { steps }))
    expect(events()).not.toContainEqual(told)
    const ended = stage.next(state)
    setFault()
    await expect.poll(events, { timeout: 5000 }).toContainEqual(told)
    await expect
      .poll(() => stage.shop.status.message, { timeout: 5000 })
      .toMatch(/^5 %: .*; route primary of .* requests that meet it are not counted$/)
    await ended
    const evidence = stage.shop.status.verdicts?.map((one) => one.evidence) ?? []
    expect(evidence[0]).toMatch(/; route primary of .* requests that meet it are not counted$/)
    expect(stage.shop.virtualService.spec.http?.find(({ name }) => name === 'primary')).toMatchObject({
      fault,
    })
  })
})
