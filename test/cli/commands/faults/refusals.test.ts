import { describe, expect, it } from 'vitest'
import type { VirtualService } from '../../../../src/core/traffic/types.ts'
import type { Manifest } from '../../../../src/ports-views.ts'
import { HOST, SETTLED, SHOP, aRecord, aRoute, faults, faultyWorld, withFault } from '../../faults.ts'
import { aRollout } from '../../fixtures.ts'

const ROUTE = aRoute({})
const GOOD = { '--dependency': 'ratings', '--abort': '503', '--duration': '30s', '--version': 'v1' }

function argsOf(changes: Record<string, string>): string[] {
  return Object.entries({ ...GOOD, ...changes }).flat()
}

/** Injects in a cluster with these objects beside those of the shop. */
async function inject(changes: Record<string, string>, objects: readonly (Manifest | VirtualService)[]) {
  const world = faultyWorld([...SHOP, ...objects])
  const before = JSON.stringify(world.cluster.store.list('VirtualService'))
  await faults(world, 'inject', 'reviews', '--yes', ...argsOf(changes)).finally(() => {
    expect(JSON.stringify(world.cluster.store.list('VirtualService'))).toBe(before)
  })
}

function moved(namespace: string, name: string, spec: object = {}): VirtualService {
  return { ...ROUTE, metadata: { ...ROUTE.metadata, namespace, name }, spec: { ...ROUTE.spec, ...spec } }
}

function anEntry(hosts: readonly string[], more: object = {}): Manifest {
  return { kind: 'ServiceEntry', metadata: { namespace: 'egress', name: 'api' }, spec: { hosts, ...more } }
}

describe('what cannot be asked for', () => {
  it.each([
    ['--abort', '42', 'HTTP status of an error, from 400 to 599, or a gRPC status such as UNAVAILABLE'],
    ['--abort', '200', 'from 400 to 599'],
    ['--abort', 'BROKEN', 'gRPC status'],
    ['--duration', '11m', 'It must be from 1s to 10m.'],
    ['--duration', '500ms', 'It must be from 1s to 10m.'],
    ['--duration', '30', 'It must be a duration like 30s or 1m30s.'],
    ['--delay', '2m', 'It must be from 1ms to 1m.'],
    ['--percent', '0', 'It must be a whole number from 1 to 100.'],
    ['--percent', '101', 'It must be a whole number from 1 to 100.'],
    ['--percent', '0.5', 'It must be a whole number from 1 to 100.'],
  ])('%s %s is refused', async (option, value, problem) => {
    await expect(inject({ [option]: value }, [ROUTE])).rejects.toThrow(problem)
  })

  it.each(['--dependency', '--duration'])('%s is required', async (left) => {
    const args = Object.entries(GOOD).filter(([option]) => option !== left)
    const world = faultyWorld(SHOP)
    await expect(faults(world, 'inject', 'reviews', ...args.flat())).rejects.toThrow(
      `required option '${left}`,
    )
  })

  it('a fault that does nothing is refused', async () => {
    const { '--abort': _none, ...nothing } = GOOD
    const world = faultyWorld(SHOP)
    await expect(faults(world, 'inject', 'reviews', ...Object.entries(nothing).flat())).rejects.toThrow(
      'say what its callers meet: --abort 503, --abort UNAVAILABLE, --delay 2s, or both',
    )
  })
})

describe('callers that are not there', () => {
  it('are named with what there is', async () => {
    await expect(inject({ '--version': 'v9' }, [ROUTE])).rejects.toThrow(
      'no ready pod of Service shop/reviews has the label version=v9, so nobody would meet the fault; found: v1',
    )
  })

  it('are asked for while no release is under way', async () => {
    const { '--version': _none, ...rest } = GOOD
    const world = faultyWorld(SHOP, [SETTLED])
    await expect(faults(world, 'inject', 'reviews', ...Object.entries(rest).flat())).rejects.toThrow(
      /no release of shop\/reviews is under way: say by --version whose calls are meant; users have v\d/,
    )
  })

  it('are not guessed where the Service or the Rollout is no use', async () => {
    const bare = faultyWorld([])
    await expect(faults(bare, 'inject', ...argsOf({}))).rejects.toThrow('there is no Service shop/reviews')
    const all = faultyWorld([{ kind: 'Service', metadata: { namespace: 'shop', name: 'reviews' }, spec: {} }])
    await expect(faults(all, 'inject', ...argsOf({}))).rejects.toThrow('Service shop/reviews selects no pods')
    const invalid = faultyWorld(SHOP, [{ ...aRollout(), spec: { version: 'v1' } }])
    await expect(faults(invalid, 'inject', ...argsOf({}))).rejects.toThrow(
      'Rollout shop/reviews is not valid',
    )
    await expect(faults(faultyWorld(SHOP, []), 'inject', ...argsOf({}))).rejects.toThrow('there are none')
  })
})

describe('a dependency', () => {
  it.each([
    ['reviews', 'reviews is the service itself'],
    ['nothing', 'no Service and no ServiceEntry has the host nothing.shop.svc.cluster.local'],
    ['ratings.shop', `no ServiceEntry has the host ratings.shop; for Service shop/ratings write ${HOST}`],
    ['*.example.com', '"*.example.com" is no host'],
    ['api.example.com', 'no Service and no ServiceEntry has the host api.example.com'],
  ])('%s is refused', async (dependency, problem) => {
    await expect(inject({ '--dependency': dependency }, [ROUTE])).rejects.toThrow(problem)
  })

  it('that another namespace keeps to itself is refused', async () => {
    const hidden = anEntry(['api.example.com'], { exportTo: ['.'] })
    await expect(inject({ '--dependency': 'api.example.com' }, [hidden])).rejects.toThrow(
      'no ServiceEntry has',
    )
  })

  it.each([['api.example.com'], ['*.example.com']])('of a ServiceEntry for %s is known', async (host) => {
    await expect(inject({ '--dependency': 'api.example.com' }, [anEntry([host])])).resolves.toBeUndefined()
  })
})

describe('a VirtualService', () => {
  it('of another namespace has to allow it', async () => {
    await expect(inject({}, [moved('ratings', 'ratings')])).rejects.toThrow(
      'VirtualService ratings/ratings is of another namespace: its owner allows it by the annotation sluice.dev/allow-from: shop',
    )
  })

  it('must be the only one for the host', async () => {
    await expect(inject({}, [ROUTE, moved('front', 'more')])).rejects.toThrow(
      `several VirtualServices route ${HOST}: front/more, shop/ratings; nobody can tell`,
    )
  })

  it('must not route other hosts, too', async () => {
    await expect(inject({}, [moved('shop', 'all', { hosts: ['*.svc.cluster.local'] })])).rejects.toThrow(
      `VirtualService shop/all routes *.svc.cluster.local, which is more than ${HOST}`,
    )
  })

  it('that carries a fault of ours is left alone, and whose it is is told', async () => {
    await expect(inject({}, [withFault(ROUTE, aRecord())])).rejects.toThrow(
      'a fault of Rollout shop/reviews, release v2-hash-1 stands in VirtualService shop/ratings: "does v2 live without ratings?"; it expires in 20s',
    )
  })

  it.each([
    [{ http: [], tcp: [{ route: [{ destination: { host: HOST } }] }] }, 'it routes no HTTP'],
    [{ http: [{ delegate: { name: 'other' } }] }, 'it leaves its routes to others (delegate)'],
    [{ http: [{ redirect: { uri: '/' } }] }, 'none of its routes leads these callers to a destination'],
  ])('that can carry no fault is told why', async (spec, why) => {
    await expect(inject({}, [moved('shop', 'ratings', spec)])).rejects.toThrow(
      `VirtualService shop/ratings can carry no fault: ${why}`,
    )
  })
})
