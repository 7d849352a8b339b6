import type { Outcome } from '../benchmark.ts'
import { milliseconds } from '../format.ts'
import { split } from '../kit/quiet.ts'
import { countBy, sum } from '../statistics.ts'
import { DOOMED } from './population.ts'
import type { Inhabitant, Population } from './population.ts'
import type { Differences } from './snapshot.ts'
import type { SweepSeen } from './sweep.ts'

/** What was seen of two sweeps. */
export interface Sweeps {
  /** At the start. */
  readonly first: SweepSeen
  /** When nothing was left to do. */
  readonly second: SweepSeen
  readonly changed: Differences
}

/** Tables and figures of the sweeps. */
export function sweepOutcome(population: Population, { first, second, changed }: Sweeps): Outcome {
  const [one, two] = [askedBy(first), askedBy(second)]
  const total = sum(Object.values(population))
  const doomed = sum(
    Object.entries(population).map(([what, count]) => (DOOMED.has(what as Inhabitant) ? count : 0)),
  )
  const kinds = [...new Set([...one.keys(), ...two.keys()])]
  const rows = [
    ['VirtualServices looked at', first.summary.virtualServices, second.summary.virtualServices],
    ['faults of Sluice past their expiry', first.summary.found.OwnFault, second.summary.found.OwnFault],
    [
      'faults of others, kept ones left out',
      first.summary.found.ForeignFault,
      second.summary.found.ForeignFault,
    ],
    ['removed', first.summary.removed, second.summary.removed],
    ['could not be removed', first.summary.failed, second.summary.failed],
    ['requests to the API server', sum([...one.values()]), sum([...two.values()])],
    ...kinds.map((kind) => [`  ${kind}`, one.get(kind) ?? 0, two.get(kind) ?? 0]),
  ]
  const took = [milliseconds(first.summary.tookMs), milliseconds(second.summary.tookMs)]
  return {
    tables: [
      {
        title: `Sweep: ${total} VirtualServices, ${doomed} with a fault that should be gone, ${population.kept + population.young + population.running} with one that may stay`,
        headings: ['WHAT', 'FIRST', 'NEXT'],
        rows: [['time', ...took], ...rows.map((row) => row.map(String))],
        remarks: ['Lists and watches with which the process filled its caches at the start are not counted.'],
      },
    ],
    figures: {
      population,
      tookMs: [first.summary.tookMs, second.summary.tookMs],
      removed: first.summary.removed,
      written: changed.written.length,
      apiRequests: [Object.fromEntries(one), Object.fromEntries(two)],
    },
    wrong: [
      ...changed.wrong,
      ...(changed.written.length === doomed ? [] : [`${changed.written.length} were written, not ${doomed}`]),
      ...(two.size === 0 ? [] : ['a sweep with nothing to do asked the API server']),
    ],
  }
}

/** Those of the start fill the caches, whatever is swept. */
function askedBy({ requests }: SweepSeen): ReadonlyMap<string, number> {
  const asked = split(requests).asked.filter(({ verb }) => verb !== 'list')
  return countBy(asked, ({ verb, resource }) => `${verb} ${resource}`)
}
