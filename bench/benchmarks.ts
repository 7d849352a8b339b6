import { benchAnalysis } from './analysis/analysis.ts'
import type { Benchmark } from './benchmark.ts'
import { benchFootprint } from './footprint/footprint.ts'
import { benchLoad } from './load/load.ts'
import { benchReaction } from './reaction/reaction.ts'

export const BENCHMARKS: readonly Benchmark[] = [
  { name: 'reaction', about: 'how soon a bad canary loses its weight', run: benchReaction },
  {
    name: 'footprint',
    about: 'what one good release asks of API server, Prometheus and Temporal',
    run: benchFootprint,
  },
  {
    name: 'load',
    about: 'processor time and memory of everything, for one release and for many at once',
    run: benchLoad,
  },
  { name: 'analysis', about: 'what a look costs, and how large its state is', run: benchAnalysis },
]
