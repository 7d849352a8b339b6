import { benchAnalysis } from './analysis/analysis.ts'
import { benchAvailability } from './availability/availability.ts'
import type { Benchmark } from './benchmark.ts'
import { benchFaults } from './faults/faults.ts'
import { benchFootprint } from './footprint/footprint.ts'
import { benchGuard } from './guard/guard.ts'
import { benchReaction } from './reaction/reaction.ts'
import { benchRelease } from './release/release.ts'
import { benchSampling } from './sampling/sampling.ts'
import { benchSweep } from './sweep/sweep.ts'
import { benchVerdicts } from './verdicts/verdicts.ts'

export const BENCHMARKS: readonly Benchmark[] = [
  { name: 'reaction', about: 'how soon a bad canary loses its weight', run: benchReaction },
  {
    name: 'footprint',
    about: 'what one good release asks of API server, Prometheus and Temporal',
    run: benchFootprint,
  },
  {
    name: 'release',
    about:
      'what releases cost, one and many at once; how many go at once; how soon they are observed after a kill',
    run: benchRelease,
  },
  {
    name: 'availability',
    about: 'errors that users see while versions change and pods are restarted',
    run: benchAvailability,
  },
  {
    name: 'analysis',
    about: 'how often simulated releases are judged rightly; what a look costs, and how large its state is',
    run: benchAnalysis,
  },
  {
    name: 'sampling',
    about: 'what it costs to read the metrics of many observed steps',
    run: benchSampling,
  },
  {
    name: 'verdicts',
    about: 'whether real releases with 1 % errors are rolled back, and those like stable promoted',
    run: benchVerdicts,
  },
  {
    name: 'guard',
    about: 'what releases cost that wait at a weight, and that a long bake takes no more',
    run: benchGuard,
  },
  {
    name: 'faults',
    about: 'whether faults of probes are gone when their time is over, whatever dies',
    run: benchFaults,
  },
  {
    name: 'sweep',
    about: 'whether a sweep finds all stale faults of a large mesh and only these, and what it asks',
    run: benchSweep,
  },
]
