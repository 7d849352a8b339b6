import { describe, expect, it } from 'vitest'
import { madeVirtualService } from '../../../../src/core/faults/made.ts'
import type { VirtualService } from '../../../../src/core/traffic/types.ts'
import { FOREIGN, aRecord, aRoute, faults, faultyWorld, routeIn, withFault } from '../../faults.ts'

const FAULTY = aRoute({ fault: FOREIGN })
const BOTH = withFault(FAULTY)
const TAKEN_OUT = 'taken out: abort 30 % with 500 in route all, of unknown (foreign)\n'

async function clear(object: VirtualService, answer: boolean | undefined, ...args: string[]) {
  const world = faultyWorld([object])
  world.answer = answer
  await faults(world, 'clear', 'ratings', ...args)
  return world
}

function specOf(world: Awaited<ReturnType<typeof clear>>) {
  return routeIn(world)?.spec
}

describe('sluice faults clear', () => {
  it('takes faults of ours out at once, and leaves all else', async () => {
    const world = await clear(withFault(aRoute({})), undefined)
    expect(specOf(world)).toEqual(aRoute({}).spec)
    expect(routeIn(world)?.metadata.annotations).toEqual({ 'example.com/note': 'keep' })
    expect(world.text).toBe(
      'taken out: abort 100 % with 503 for ratings.shop.svc.cluster.local, of Rollout shop/reviews, release v2-hash-1: does v2 live without ratings?\n',
    )
    expect({ questions: world.questions, code: world.exitCode }).toEqual({ questions: [], code: 0 })
  })

  it('removes a VirtualService that was made for a fault', async () => {
    const made = madeVirtualService(aRecord(), 'shop')
    const world = faultyWorld([made])
    await faults(world, 'clear', `shop/${made.metadata.name}`)
    expect(routeIn(world, made.metadata.name)).toBeUndefined()
    expect(world.exitCode).toBe(0)
  })

  it('takes others out when somebody says so, who is told what goes', async () => {
    const world = await clear(BOTH, true)
    expect(world.notes).toEqual([
      'Not of Sluice, in VirtualService shop/ratings:',
      '  abort 30 % with 500 in route all, of unknown (foreign)',
    ])
    expect(world.questions).toEqual(['Take out the field "fault" of these routes?'])
    expect(world.text).toContain(TAKEN_OUT)
    expect(specOf(world)).toEqual(aRoute({}).spec)
    expect(world.exitCode).toBe(0)
  })

  it.each([
    [false, 'left'],
    [undefined, 'left: nobody can be asked here; --yes takes them out'],
  ])('leaves others when the answer is %j, and exits with 1', async (answer, note) => {
    const world = await clear(BOTH, answer)
    expect(specOf(world)).toEqual(FAULTY.spec)
    expect(world.notes).toContain(note)
    expect(world.exitCode).toBe(1)
  })

  it('asks nothing with --yes', async () => {
    const world = await clear(FAULTY, undefined, '--yes')
    expect(world.text).toBe(TAKEN_OUT)
    expect(world.questions).toEqual([])
    expect(world.exitCode).toBe(0)
  })

  it('leaves what somebody keeps, unless it is forced', async () => {
    const kept = aRoute({ fault: FOREIGN }, { 'sluice.dev/keep-fault': 'game day' })
    const world = await clear(kept, true, '--yes')
    expect(world.text).toContain('which is kept: "game day"; --force takes it out, too')
    expect(specOf(world)).toEqual(kept.spec)
    expect(world.exitCode).toBe(1)
    const forced = await clear(kept, true, '--force')
    expect(specOf(forced)).toEqual(aRoute({}).spec)
    expect({ questions: forced.questions.length, code: forced.exitCode }).toEqual({ questions: 1, code: 0 })
  })

  it('takes out routes of Sluice that no record knows', async () => {
    const injected = withFault(aRoute({}))
    const orphaned = { ...injected, metadata: aRoute({}).metadata }
    const world = await clear(orphaned, undefined)
    expect(world.text).toBe('taken out: route sluice-fault-abc1234-0, of Sluice, without record\n')
    expect(specOf(world)).toEqual(aRoute({}).spec)
  })

  it('writes anew over what somebody else writes meanwhile', async () => {
    const world = faultyWorld([FAULTY])
    const { mesh } = world.cluster.ports
    const plain = { ...mesh }
    let writes = 0
    mesh.write = async (object) => {
      if (writes++ === 0)
        world.cluster.store.change<VirtualService & { kind: string }>(
          'VirtualService',
          object.metadata,
          (now) => ({
            ...now,
            metadata: { ...now.metadata, annotations: { theirs: 'yes' } },
          }),
        )
      await plain.write(object)
    }
    await faults(world, 'clear', 'ratings', '--yes')
    expect(routeIn(world)).toMatchObject({
      metadata: { annotations: { theirs: 'yes' } },
      spec: aRoute({}).spec,
    })
    expect(writes).toBe(2)
  })

  it('says so when another tool may bring a fault back', async () => {
    const tracked = aRoute({ fault: FOREIGN }, { 'argocd.argoproj.io/tracking-id': 'shop' })
    const { notes } = await clear(tracked, undefined, '-y')
    expect(notes).toEqual([
      'Argo CD keeps this VirtualService, and may bring a fault back: take it out of the source, too',
    ])
  })

  it('says that there is nothing', async () => {
    const world = await clear(aRoute({}), undefined)
    expect(world.notes).toEqual(['There are no faults in VirtualService shop/ratings.'])
    expect(world.exitCode).toBe(0)
  })

  it('names the namespace that somebody overlooked in the list', async () => {
    const world = faultyWorld([FAULTY])
    await expect(faults(world, 'clear', 'ratings', '-n', 'front')).rejects.toThrow(
      'no VirtualService ratings in namespace front; do you mean shop/ratings?',
    )
    await expect(faults(world, 'clear', 'rating')).rejects.toThrow(
      'no VirtualService rating in namespace shop; "sluice faults" lists what stands where',
    )
    await expect(faults(world, 'clear', 'a/b/c')).rejects.toThrow(
      'is not of the form [namespace/]virtualservice',
    )
  })
})
