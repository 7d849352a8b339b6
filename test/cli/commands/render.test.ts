import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { addRender } from '../../../src/cli/commands/render.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import type { Manifest, ObjectReader } from '../../../src/ports-views.ts'
import { KEY, ROLLOUT, aVirtualService, to } from '../../core/shop.ts'
import { fakeReader } from '../reader.ts'
import { ROUTE, RULE, SERVICE, SHOP, aDeployment, aPod, aRolloutFile, fileOf } from '../shop.ts'
import { World } from '../world.ts'

const CANARY = subsetName('v2')

async function render(
  objects: readonly object[],
  args: readonly string[] = [],
  reader?: ObjectReader,
): Promise<World> {
  const world = new World([])
  world.reader = reader
  world.stdin = fileOf(...objects)
  await world.run(addRender, ['render', '-', ...args])
  return world
}

/** The part of the output that is about one moment. */
function part({ text }: World, title: string): string[] {
  const blocks = text.split('\n\n').map((block) => block.trim().split('\n'))
  const found = blocks.find(([first = '']) => first.startsWith(title))
  if (found === undefined) throw new Error(`there is no "${title}" in:\n${text}`)
  return found
}

/** What is added and removed at one moment. */
function changes(world: World, title: string): string[] {
  return part(world, title).flatMap((line) => (/^[-+] /.test(line) ? line.replaceAll(/ +/g, ' ') : []))
}

describe('sluice render', () => {
  it('shows what is written at each step, at the end and at a rollback', async () => {
    const world = await render([aRolloutFile(), ...SHOP])
    const titles = world.text.split('\n\n').map((block) => block.trim().split('\n')[0])
    expect(titles).toEqual([
      'shop/reviews  v1 → v2  5 → 20 → 50 → 100 %',
      'prepared: v2 has a subset, and no request yet',
      'step 1 of 4: 5 % of the requests go to v2, for at least 5m',
      'step 2 of 4: 20 % of the requests go to v2, for at least 5m',
      'step 3 of 4: 50 % of the requests go to v2, for at least 5m',
      'step 4 of 4: 100 % of the requests go to v2, for at least 5m',
      'promoted: all requests go to v2',
      'retired: 10m after the promotion the subset of v1 goes',
      'or, when any step fails: all requests go to v1 at once',
      'rolled back: what was added for v2 is gone',
    ])
    expect([world.exitCode, world.opened]).toEqual([0, []])
  })

  it('gives unified diffs against what is before the release, and says what stays', async () => {
    const world = await render([aRolloutFile(), ...SHOP])
    expect(part(world, 'step 1')).toEqual([
      'step 1 of 4: 5 % of the requests go to v2, for at least 5m',
      '--- VirtualService shop/reviews',
      '+++ VirtualService shop/reviews, at 5 %',
      expect.stringMatching(/^@@ -\d+,\d+ \+\d+,\d+ @@$/),
      '             subset: v1',
      '             port:',
      '               number: 9080',
      '+          weight: 95',
      '+        - destination:',
      '+            host: reviews',
      `+            subset: ${CANARY}`,
      '+            port:',
      '+              number: 9080',
      '+          weight: 5',
      '     - name: legacy',
      '       redirect:',
      '         uri: /',
      'DestinationRule shop/reviews: as above',
    ])
    expect(part(world, 'prepared')).toContain('VirtualService shop/reviews: as it is before the release')
    expect(changes(world, 'promoted')).toEqual(['- subset: v1', `+ subset: ${CANARY}`])
    expect(part(world, 'rolled back').slice(1)).toEqual([
      'VirtualService shop/reviews: as it is before the release',
      'DestinationRule shop/reviews: as it is before the release',
    ])
  })

  it('shows one step alone, whole', async () => {
    const world = await render([aRolloutFile(), ...SHOP], ['--step', '3'])
    expect(world.text.split('\n\n')).toHaveLength(2)
    expect(changes(world, 'step 3')).toContain('+ weight: 50')
    expect(part(world, 'step 3')).toContain('+++ DestinationRule shop/reviews, at 50 %')
    const none = await render([aRolloutFile(), ...SHOP], ['--step', '5'])
    expect([none.exitCode, none.text]).toEqual([3, ''])
    expect(none.notes).toContain('shop/reviews: there is no step 5; the release has 4')
    await expect(render([], ['--step', 'x'])).rejects.toThrow('It must be the number of a step, from 1.')
  })

  it('gives the objects whole as YAML', async () => {
    const { text } = await render([aRolloutFile(), ...SHOP], ['--step', '2', '-o', 'yaml'])
    const [route, rule] = parseAllDocuments(text).map((document) => document.toJS() as unknown)
    const weighted = aVirtualService([to('v1', 80), to(CANARY, 20)])
    expect(route).toEqual(weighted)
    expect(rule).toMatchObject({
      kind: 'DestinationRule',
      spec: { subsets: [{ name: 'v1' }, { name: CANARY }] },
    })
    expect(text).toContain('# step 2 of 4: 20 % of the requests go to v2')
  })

  it('shows its marks when asked', async () => {
    expect((await render([aRolloutFile(), ...SHOP])).text).not.toContain('sluice.dev/release')
    const world = await render([aRolloutFile(), ...SHOP], ['--marks'])
    expect(changes(world, 'prepared').join('\n')).toContain('+ sluice.dev/release: \'[{"canary":"v2"')
    expect(world.notes.join('\n')).toContain('placeholders')
  })

  it('shows several VirtualServices, each with its own', async () => {
    const edge = {
      ...aVirtualService([to('v1', 60), to('x', 40, 'legacy')]),
      metadata: { name: 'edge', namespace: 'shop' },
    }
    const existing = {
      virtualServices: [{ name: 'reviews', routes: ['primary'] }, { name: 'edge' }],
      destinationRule: { name: 'reviews' },
    }
    const world = await render([aRolloutFile({ traffic: { service: 'reviews', existing } }), ...SHOP, edge])
    expect(part(world, 'step 2').filter((line) => line.startsWith('+++'))).toEqual([
      '+++ VirtualService shop/reviews, at 20 %',
      '+++ VirtualService shop/edge, at 20 %',
    ])
    expect(changes(world, 'step 2')).toContain('+ weight: 48')
  })

  it('keeps a subset that a VirtualService of somebody else names', async () => {
    const other = { ...ROUTE, metadata: { name: 'testers', namespace: 'shop' } }
    const world = await render([aRolloutFile(), ...SHOP, other])
    expect(changes(world, 'retired').filter((line) => line.startsWith('-'))).not.toContain('- - name: v1')
  })

  it('takes from the cluster what the files lack', async () => {
    const pods = [aPod('v1'), aPod('v2')]
    const metadata = { ...ROUTE.metadata, managedFields: [{ manager: 'somebody' }] }
    const shown = await render(
      [aRolloutFile()],
      ['--cluster', '-o', 'yaml'],
      fakeReader([...pods, ...SHOP.filter((object) => object !== ROUTE), { ...ROUTE, metadata }]),
    )
    expect(shown.text).toContain('weight: 95')
    expect(shown.text).not.toContain('somebody')
    const world = await render([aRolloutFile()], ['--cluster'], fakeReader([...SHOP, ...pods]))
    expect(changes(world, 'step 1')).toContain('+ weight: 5')
    const alone = await render([aRolloutFile()], ['--cluster'], fakeReader([...SHOP, aPod('v2')]))
    expect(alone.text).toContain('shop/reviews  v1 → v2  all at once: no other version has ready pods')
    expect(alone.text).not.toContain('step 1')
    expect(alone.text).not.toContain('rolled back')
  })
})

describe('what cannot be rendered', () => {
  it('for want of an object is said, with what to do', async () => {
    const world = await render([aRolloutFile(), RULE])
    expect(world.notes).toEqual([
      'shop/reviews: cannot be rendered: VirtualService shop/reviews is not in these files; add it or use --cluster',
    ])
    expect([world.exitCode, world.text]).toEqual([3, ''])
  })

  it('since the release would be refused gives the findings, as lint does', async () => {
    const world = await render([aRolloutFile(), { ...RULE, spec: { host: 'ratings' } }, ROUTE])
    expect(world.text).toMatch(/^stdin:\d+: shop\/reviews: DestinationRule shop\/reviews is for host ratings/)
    expect(world.exitCode).toBe(1)
    expect((await render([aRolloutFile({ version: 1 }), ...SHOP])).exitCode).toBe(1)
  })

  it('since there is nothing to do is no failure', async () => {
    const world = await render([aRolloutFile({ version: 'v1' }), ...SHOP])
    expect(world.notes).toEqual(['shop/reviews: users have v1 already, so nothing will be written'])
    expect([world.exitCode, world.text]).toEqual([0, ''])
  })

  it('while a release is under way waits for its end', async () => {
    const mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-x-1', seq: 9, stable: 'v1', canary: 'v2' }
    const busy = withMark(aVirtualService([to('v1', 80), to('v2', 20)]), KEY, mark) as unknown as Manifest
    const world = await render([aRolloutFile()], ['--cluster'], fakeReader([SERVICE, RULE, busy]))
    expect(world.notes).toEqual([
      'shop/reviews: a release of v2 is under way; the next can be rendered when it has ended',
    ])
    expect(world.exitCode).toBe(3)
  })

  it('stops not what can', async () => {
    const second = aRolloutFile({}, { metadata: { name: 'second', namespace: 'other' } })
    const world = await render([aRolloutFile(), second, ...SHOP])
    expect(world.text).toContain('step 4 of 4')
    expect(world.exitCode).toBe(3)
  })
})

describe('the version that users have', () => {
  const divided = aVirtualService([to('v1', 50), to('v0', 50)]) as unknown as Manifest
  const rule = {
    ...RULE,
    spec: {
      host: 'reviews',
      subsets: ['v0', 'v1'].map((version) => ({ name: version, labels: { version } })),
    },
  }

  it('is said by --from where no route tells', async () => {
    const objects = [aRolloutFile(), SERVICE, rule, divided, aDeployment('v2')]
    expect((await render(objects)).text).toContain('the route divides traffic')
    const world = await render(objects, ['--from', 'v1'])
    expect(world.text).toContain('shop/reviews  v1 → v2')
  })

  it('is not said against the route', async () => {
    const world = await render([aRolloutFile(), ...SHOP], ['--from', 'v0'])
    expect(world.notes).toEqual(['shop/reviews: users have v1, as the route tells, and not v0'])
    expect(world.exitCode).toBe(3)
  })
})

it('shows the objects that Sluice makes for a Rollout without any', async () => {
  const traffic = { service: 'reviews', generated: { hosts: ['reviews.example.com'] } }
  const file = aRolloutFile({ traffic, initialVersion: 'v1' })
  const world = await render([file, SERVICE, aDeployment('v1'), aDeployment('v2')])
  expect(world.exitCode).toBe(0)
  expect(changes(world, 'step 1').join('\n')).toContain('+ weight: 95')
})
