import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { surveyOf } from '../../../../src/cli/faults/survey.ts'
import { renderFaults } from '../../../../src/cli/view/faults.ts'
import type { VirtualService } from '../../../../src/core/traffic/types.ts'
import { RefusedError } from '../../../../src/ports.ts'
import { FOREIGN, aRecord, aRoute, faults, faultyWorld, withFault, writtenBy } from '../../faults.ts'
import { NOW, ago } from '../../fixtures.ts'

const OURS = withFault(aRoute({}))
const THEIRS = writtenBy(named(aRoute({ fault: FOREIGN }), 'front', 'images'), 'kubectl-edit', 3 * 86_400)

function named(object: VirtualService, namespace: string, name: string): VirtualService {
  return { ...object, metadata: { ...object.metadata, namespace, name } }
}

async function list(objects: readonly VirtualService[], ...args: string[]) {
  return faults(faultyWorld(objects), ...args)
}

/** Columns of the lines below the heading. */
function rows(text: string): string[][] {
  const [, ...lines] = text.trimEnd().split('\n')
  return lines.map((line) => line.split(/ {3,}/))
}

describe('sluice faults', () => {
  it('lists faults of ours and of others in all namespaces', async () => {
    const { text } = await list([OURS, THEIRS])
    expect(text).toMatch(/^NAMESPACE +VIRTUALSERVICE +ROUTES +HOST +FAULT +SHARE +AGE +OWNER +EXPIRES\n/)
    const host = 'ratings.shop.svc.cluster.local'
    expect(rows(text)).toEqual([
      [
        'front',
        'images',
        'all',
        host,
        'abort 30 % with 500',
        '30 %',
        '≥ 3d',
        'kubectl-edit (foreign)',
        'never',
      ],
      [
        'shop',
        'ratings',
        'sluice-fault-abc1234-0',
        host,
        'abort 100 % with 503',
        '100 %',
        '10s',
        'Rollout shop/reviews, release v2-hash-1',
        'in 20s',
      ],
    ])
  })

  it('is short for sluice faults list, and lists those of a namespace', async () => {
    expect(rows((await list([OURS, THEIRS], 'list', '-n', 'front')).text).map(([at]) => at)).toEqual([
      'front',
    ])
    expect(rows((await list([OURS, THEIRS], '-A')).text)).toHaveLength(2)
  })

  it('says that there are none, and how much it has looked at', async () => {
    const world = await list([aRoute({})])
    expect(world.text).toBe('')
    expect(world.notes).toEqual(['There are no faults in 1 VirtualService.'])
    const other = await list([aRoute({})], '-n', 'empty')
    expect(other.notes).toEqual(['There are no faults in 0 VirtualServices of namespace empty.'])
  })

  it('tells who asked for a probe outside of a release', async () => {
    const { release: _none, ...probe } = aRecord({ owner: 'jane' })
    expect((await list([withFault(aRoute({}), probe)])).text).toContain('   jane (probe)   ')
  })

  it('tells a fault that should be gone by now', async () => {
    const late = withFault(aRoute({}), aRecord({ expiresAt: ago(3) }))
    expect((await list([late])).text).toContain('expired 3s ago!')
    const never = withFault(aRoute({}), aRecord({ expiresAt: 'soon' }))
    expect((await list([never])).text).toContain('expired!')
  })

  it('tells that nobody knows who wrote a foreign fault once Sluice wrote the routes', async () => {
    const covered = writtenBy(aRoute({ fault: FOREIGN }), 'sluice', 60)
    expect((await list([covered])).text).toContain('?     unknown (foreign)   never')
    expect((await list([aRoute({ fault: FOREIGN })])).text).toContain('?     unknown (foreign)   never')
  })

  it('adds who meets it, and why it is there, with -o wide', async () => {
    const kept = aRoute({ fault: FOREIGN }, { 'sluice.dev/keep-fault': 'game day' })
    const { text } = await list([OURS, named(kept, 'front', 'images')], '-o', 'wide')
    expect(text).toContain('calls of pods app=reviews,version=v2 in shop   does v2 live without ratings?')
    expect(text).toContain('never (kept)   everybody')
    expect(text).toContain('game day')
  })

  it('shows routes of Sluice that no record knows', async () => {
    const [copy = {}] = OURS.spec.http ?? []
    const { text } = await list([aRoute(copy)])
    expect(text).toContain('lost (of Sluice, without record)   overdue!')
  })

  it('gives all of it as JSON and YAML', async () => {
    const { text } = await list([OURS, THEIRS], '-o', 'json')
    const value = JSON.parse(text) as object
    expect(value).toMatchObject({
      virtualServices: 2,
      faults: [
        { kind: 'Foreign', namespace: 'front', setBy: 'kubectl-edit' },
        { kind: 'Own', expired: false, record: { owner: 'shop/reviews' } },
      ],
      orphans: [],
    })
    expect(parse((await list([OURS, THEIRS], '-o', 'yaml')).text)).toEqual(value)
    expect(JSON.parse((await list([], '-o', 'json')).text)).toMatchObject({ virtualServices: 0, faults: [] })
  })

  it("falls back to the context's namespace where no more may be listed, and says so", async () => {
    const world = faultyWorld([OURS, THEIRS])
    const { reader } = world
    world.reader = reader && {
      ...reader,
      list: async (kind, namespace) => {
        if (namespace === undefined) throw new RefusedError('forbidden')
        return reader.list(kind, namespace)
      },
    }
    await faults(world)
    expect(rows(world.text)).toHaveLength(1)
    expect(world.notes).toEqual([
      'only namespace shop was looked at: you may not list VirtualServices of all namespaces',
    ])
  })
})

describe('the colours of faults', () => {
  it('make stand out what is foreign or expired, and nothing else', () => {
    const late = named(withFault(aRoute({}), aRecord({ expiresAt: ago(3) })), 'shop', 'late')
    const lines = renderFaults(surveyOf([OURS, THEIRS, late]), { wide: false, color: true, now: NOW })
    const isRed = (line: string) => line.startsWith('\u001B[31m')
    expect(lines.map(isRed)).toEqual([false, true, true, false])
  })
})
