import { describe, expect, it } from 'vitest'
import { inhabitants } from '../../bench/sweep/population.ts'
import type { Inhabitant } from '../../bench/sweep/population.ts'
import { sweepOutcome } from '../../bench/sweep/report.ts'
import { differences } from '../../bench/sweep/snapshot.ts'
import type { Differences } from '../../bench/sweep/snapshot.ts'
import type { SweepSeen } from '../../bench/sweep/sweep.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'

function mesh(
  version: string,
  changes: Partial<Record<Inhabitant, (object: VirtualService) => VirtualService>> = {},
) {
  const sorts: Inhabitant[] = ['plain', 'stale', 'overdue', 'young', 'kept', 'running']
  const objects = sorts.flatMap((what) =>
    inhabitants(what, 1, 'shop').map((object) => {
      const { [what]: change } = changes
      return change === undefined ? versioned(object, '1') : versioned(change(object), version)
    }),
  )
  return new Map(objects.map((object) => [object.metadata.name, object]))
}

function versioned(object: VirtualService, resourceVersion: string): VirtualService {
  return { ...object, metadata: { ...object.metadata, resourceVersion } }
}

const bared = (object: VirtualService): VirtualService => {
  const { spec } = inhabitants('plain', 1, 'shop')[0]!
  const { annotations: _, ...metadata } = object.metadata
  return {
    ...object,
    metadata,
    spec: { ...spec, hosts: object.spec['hosts'], http: renamed(object, spec.http) },
  }
}

/** The routes of another one lead elsewhere. */
function renamed({ metadata }: VirtualService, http: VirtualService['spec']['http'] = []) {
  return JSON.parse(JSON.stringify(http).replaceAll('plain-0', metadata.name)) as typeof http
}

describe('what a sweep made of the mesh', () => {
  it('is right when just the faults are gone that should be', () => {
    const after = mesh('2', { stale: bared, overdue: bared })
    expect(differences(mesh('1'), after)).toEqual({ written: ['stale-0', 'overdue-0'], wrong: [] })
  })

  it('is wrong in each other case, by name', () => {
    const same = (object: VirtualService) => object
    const more = (object: VirtualService) => ({ ...bared(object), spec: { http: [] } })
    const after = mesh('2', { stale: more, young: same })
    after.delete('plain-0')
    expect(differences(mesh('1'), after).wrong).toEqual([
      'plain-0 is gone',
      'stale-0 lost more than its fault',
      'overdue-0 has its fault still',
      'young-0 was written',
    ])
  })
})

describe('the outcome', () => {
  const population = { plain: 3, stale: 1, overdue: 1, young: 1, kept: 1, running: 1 }
  const request = { user: 'sluice', namespace: 'shop', isDryRun: false, code: 200, answeredAt: 1 }
  const seen = (verbs: readonly string[]): SweepSeen => ({
    summary: {
      virtualServices: 8,
      destinationRules: 0,
      found: { OwnFault: 1, ForeignFault: 2, OwnSubset: 0, ForeignSubset: 0 },
      removed: 2,
      failed: 0,
      tookMs: 12,
    },
    requests: verbs.map((verb) => ({ ...request, verb, resource: 'virtualservices' })),
  })
  const changed: Differences = { written: ['a', 'b'], wrong: [] }

  it('counts what was asked, but for what fills the caches', () => {
    const sweeps = { first: seen(['list', 'watch', 'update', 'update']), second: seen([]), changed }
    const { figures, wrong } = sweepOutcome(population, sweeps)
    expect(figures['apiRequests']).toEqual([{ 'update virtualservices': 2 }, {}])
    expect(wrong).toEqual([])
  })

  it('is wrong when a sweep with nothing to do asks something, or more or less was written', () => {
    const sweeps = { first: seen([]), second: seen(['get']), changed: { ...changed, written: ['a'] } }
    expect(sweepOutcome(population, sweeps).wrong).toEqual([
      '1 were written, not 2',
      'a sweep with nothing to do asked the API server',
    ])
  })
})
