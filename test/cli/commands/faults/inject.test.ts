import { describe, expect, it } from 'vitest'
import { faultsOf } from '../../../../src/core/faults/record.ts'
import { clearFaults } from '../../../../src/activities/faults/clear.ts'
import type { VirtualService } from '../../../../src/core/traffic/types.ts'
import { RefusedError } from '../../../../src/ports.ts'
import type { Manifest } from '../../../../src/ports-views.ts'
import { CONTROLLER, HOST, SETTLED, SHOP, aRoute, faults, faultyWorld, routeIn } from '../../faults.ts'
import { AT_20, NOW, aRollout } from '../../fixtures.ts'
import { aPod } from '../../shop.ts'

const WHAT = ['--dependency', 'ratings', '--abort', '503', '--duration', '30s']
const V1 = [...WHAT, '--version', 'v1']
const UNDER_WAY = aRollout(AT_20)

/** Injects; `during` sees the world each time that a second has passed. */
async function inject(
  world: ReturnType<typeof faultyWorld>,
  args: readonly string[],
  during: () => void | Promise<void> = () => undefined,
) {
  world.onWake = during
  await faults(world, 'inject', 'reviews', ...args)
  return world
}

function shop(...more: readonly (Manifest | VirtualService)[]) {
  return faultyWorld([...SHOP, aRoute({}), ...more])
}

describe('sluice faults inject', () => {
  it('lets calls of the pods of one version meet a fault for its time, and takes it out', async () => {
    const world = shop()
    const seen: (VirtualService | undefined)[] = []
    await inject(world, [...V1, '--yes'], () => void seen.push(routeIn(world)))
    const [first] = seen
    const [record] = first === undefined ? [] : faultsOf(first)
    expect(record).toMatchObject({
      owner: 'jane',
      reason: 'one-off probe of shop/reviews v1',
      host: HOST,
      injectedAt: new Date(NOW).toISOString(),
      expiresAt: new Date(NOW + 32_000).toISOString(),
      meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'reviews', version: 'v1' } },
      abort: { percent: 100, httpStatus: 503 },
    })
    expect(record).not.toHaveProperty('release')
    expect(first?.spec.http).toMatchObject([
      { match: [{ sourceLabels: { app: 'reviews', version: 'v1' } }], fault: { abort: { httpStatus: 503 } } },
      { name: 'all' },
    ])
    expect(world.passedMs).toBe(30_000)
    expect(routeIn(world)?.spec).toEqual(aRoute({}).spec)
    expect(routeIn(world)?.metadata.annotations).toEqual({ 'example.com/note': 'keep' })
    expect(world.text).toBe(
      `injected for 30s: abort 100 % with 503 for calls of shop/reviews v1 (1 pod) to ${HOST}, in VirtualService shop/ratings\n` +
        'taken out of VirtualService shop/ratings after 30s\n',
    )
    expect(world.exitCode).toBe(0)
  })

  it('takes the only Rollout of the namespace, and says what else there is', async () => {
    const world = shop()
    await faults(world, 'inject', ...V1, '-y')
    expect(world.exitCode).toBe(0)
    const two = faultyWorld(SHOP, [SETTLED, aRollout({}, { name: 'web' })])
    await expect(faults(two, 'inject', ...V1)).rejects.toThrow(
      'name a Rollout of namespace shop; there are: reviews, web',
    )
  })

  it('writes what was asked for', async () => {
    const world = shop()
    const asked = ['--abort', 'unavailable', '--delay', '2s', '--percent', '50', '--reason', 'game day']
    const records: object[] = []
    await inject(world, [...V1, ...asked, '-y'], () => {
      const object = routeIn(world)
      if (object !== undefined) records.push(...faultsOf(object))
    })
    expect(records[0]).toMatchObject({
      reason: 'game day',
      abort: { percent: 50, grpcStatus: 'UNAVAILABLE' },
      delay: { percent: 50, delayMs: 2000 },
    })
  })

  it('makes a VirtualService where the host has none, and removes it', async () => {
    const world = faultyWorld(SHOP)
    const made: VirtualService[] = []
    const all = () => world.cluster.store.list('VirtualService') as unknown as VirtualService[]
    await inject(world, [...V1, '-y'], () => void made.push(...all()))
    expect(made[0]?.spec).toMatchObject({ hosts: [HOST], exportTo: ['.'] })
    expect(all()).toEqual([])
    expect(world.text).toContain('is removed after 30s')
  })

  it('takes it out at Ctrl-C', async () => {
    const world = shop()
    await inject(world, [...V1, '-y'], () => {
      if (world.passedMs >= 5_000) world.interruption.abort()
    })
    expect(routeIn(world)?.spec).toEqual(aRoute({}).spec)
    expect(world.text).toContain('interrupted: taken out of VirtualService shop/ratings after 5s')
    expect(world.exitCode).toBe(130)
  })

  it('sees that somebody took it out before, and exits with 1', async () => {
    const world = shop()
    const { ports, making } = world.cluster
    const place = { kind: 'VirtualService', namespace: 'shop', name: 'ratings' } as const
    await inject(world, [...V1, '-y'], async () => {
      if (world.passedMs === 2_000) await clearFaults({ mesh: ports.mesh, making }, place, () => true)
    })
    expect(world.text).toContain('gone after 3s already: somebody took it out of VirtualService shop/ratings')
    expect(world.exitCode).toBe(1)
  })

  it('goes on when nobody answers meanwhile, and takes it out as soon as somebody does', async () => {
    const world = shop()
    const { mesh } = world.cluster.ports
    const plain = { ...mesh }
    mesh.read = async (...asked) => {
      if (world.passedMs > 0 && world.passedMs < 33_000) throw new Error('no answer')
      return plain.read(...asked)
    }
    await inject(world, [...V1, '-y'])
    expect(world.notes).toContain('trying again: no answer')
    expect(world.text).toContain('taken out of VirtualService shop/ratings after 33s')
    expect(routeIn(world)?.spec).toEqual(aRoute({}).spec)
  })

  it('names who else takes it out when it cannot', async () => {
    const world = shop()
    const { mesh } = world.cluster.ports
    const plain = { ...mesh }
    mesh.read = async (...asked) => {
      if (world.passedMs > 0) throw new Error('no answer')
      return plain.read(...asked)
    }
    const at = new Date(NOW + 32_000).toISOString()
    await expect(inject(world, [...V1, '-y'])).rejects.toThrow(
      `the fault could not be taken out of VirtualService shop/ratings: no answer; a controller of Sluice does so at ${at}, and "sluice faults clear shop/ratings" at any time`,
    )
  })

  it('takes out what a write may have left whose answer was lost', async () => {
    const world = shop()
    const { mesh } = world.cluster.ports
    const plain = { ...mesh }
    let writes = 0
    mesh.write = async (object) => {
      await plain.write(object)
      if (writes++ === 0) throw new Error('the connection broke')
    }
    await expect(inject(world, [...V1, '-y'])).rejects.toThrow('the connection broke')
    expect(routeIn(world)?.spec).toEqual(aRoute({}).spec)
    expect(writes).toBe(2)
  })

  it('shows the time that is left on a terminal', async () => {
    const world = faultyWorld([...SHOP, aRoute({})], [SETTLED], { columns: 80, rows: 24 })
    await inject(world, [...V1, '-y'])
    expect(world.text).toContain('30s left; Ctrl-C takes it out')
    expect(world.text).toContain('1s left; Ctrl-C takes it out')
  })
})

describe('before users are at risk', () => {
  it('somebody says yes', async () => {
    const world = shop()
    world.answer = true
    await inject(world, V1)
    expect(world.notes).toEqual(['Users have v1: they meet what becomes of its calls.'])
    expect(world.questions).toEqual(['Inject it all the same?'])
    expect(world.exitCode).toBe(0)
  })

  it('somebody may say no: nothing is written', async () => {
    const world = shop()
    world.answer = false
    await inject(world, V1, () => expect.unreachable())
    expect(world.exitCode).toBe(1)
  })

  it('nothing is done where nobody can be asked', async () => {
    await expect(inject(shop(), V1)).rejects.toThrow(
      'nobody can be asked here; --yes injects it all the same',
    )
  })

  it('the canary of a release is tried without a question, and what it means is said', async () => {
    const world = faultyWorld([...SHOP, aPod('v2'), aRoute({})], [UNDER_WAY])
    await inject(world, WHAT)
    expect(world.questions).toEqual([])
    expect(world.notes).toEqual([
      '20 % of the requests go to v2: users meet what becomes of its calls, and the release of shop/reviews is judged by it.',
    ])
    expect(world.text).toContain('for calls of shop/reviews v2 (1 pod)')
  })

  it('a cluster without a controller is asked about: nobody else would take the fault out', async () => {
    const objects = [...SHOP.filter((one) => one !== CONTROLLER), aPod('v2'), aRoute({})]
    const world = faultyWorld(objects, [UNDER_WAY])
    world.answer = false
    await inject(world, WHAT)
    expect(world.questions).toHaveLength(1)
    expect(world.notes[1]).toBe(
      'No running Deployment of Sluice was found in this cluster: when this command is killed, nobody takes the fault out.',
    )
  })

  it('rights that do not tell whether a controller runs are told', async () => {
    const world = faultyWorld([...SHOP, aPod('v2'), aRoute({})], [UNDER_WAY])
    const { reader } = world
    world.reader = reader && {
      ...reader,
      list: async (kind, namespace) => {
        if (kind === 'Deployment') throw new RefusedError('forbidden')
        return reader.list(kind, namespace)
      },
    }
    await inject(world, WHAT)
    expect(world.notes[1]).toContain('You may not see whether a controller of Sluice runs')
    expect(world.exitCode).toBe(0)
  })
})
