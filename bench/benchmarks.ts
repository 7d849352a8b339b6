import { benchAnalysis } from './analysis/analysis.ts'
import { benchAvailability } from './availability/availability.ts'
import type { Benchmark } from './benchmark.ts'
import { benchFootprint } from './footprint/footprint.ts'
import { benchReaction } from './reaction/reaction.ts'
import { benchRelease } from './release/release.ts'
import { benchSampling } from './sampling/sampling.ts'

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
]
