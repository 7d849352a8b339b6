import { addLook, beginStep, initialEvidence } from '../../src/core/analysis/evidence.ts'
import type { Evidence, MetricLook } from '../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../src/core/analysis/measures.ts'
import type { Measure } from '../../src/core/analysis/measures.ts'
import { REPORTERS } from '../../src/core/analysis/readings.ts'
import type { CutLook } from '../../src/core/analysis/strands.ts'
import { binomial, randomOf } from './simulation/random.ts'
import type { Random } from './simulation/random.ts'
import { WEIGHTS } from './simulation/release.ts'

/** A metric with all that can be asked of it at a step, and what a look brings for it. */
export interface Sample {
  readonly what: string
  readonly measure: Measure
  /** Index of the step that looks are at, after as many at the first. */
  readonly step: number
  readonly look: (random: Random) => MetricLook
}

const [ERRORS, LATENCY, BAKED_ERRORS, BAKED_LATENCY] = measuresOf([
  { name: 'error-rate', istio: 'ErrorRate', max: '1%', vsStable: {} },
  { name: 'p99', istio: 'Latency', max: '500ms', vsStable: {} },
  { name: 'error-rate', istio: 'ErrorRate', max: '1%', vsStable: {}, vsHistory: {} },
  { name: 'p99', istio: 'Latency', max: '500ms', vsStable: {}, vsHistory: {} },
])
const BAKE = WEIGHTS.length - 1
/** 100 requests a second for 15 s, at 5 %. */
const TOTAL = { canary: 75, stable: 1425 }
/** Share of requests slower than each boundary, milliseconds. */
const SLOWER: readonly [at: number, share: number][] = [
  [50, 0.45],
  [100, 0.2],
  [250, 0.02],
  [500, 0.004],
  [1000, 0.0005],
]

/** Errors that both sides count, latencies at a limit and five boundaries; and the same with the bake's comparison. */
export function samples(): Sample[] {
  return [
    { what: 'errors: limit, stable; both sides count', measure: ERRORS, step: 0, look: errorsLook },
    { what: 'latency: limit, stable; five boundaries', measure: LATENCY, step: 0, look: latencyLook },
    {
      what: 'errors in the bake, the hour before as well',
      measure: BAKED_ERRORS,
      step: BAKE,
      look: errorsLook,
    },
    {
      what: 'latency in the bake, the hour before as well',
      measure: BAKED_LATENCY,
      step: BAKE,
      look: latencyLook,
    },
  ].flatMap(({ measure, ...rest }) => (measure ? [{ ...rest, measure }] : []))
}

function errorsLook(random: Random): MetricLook {
  const strands = REPORTERS.map((reporter) => ({ reporter, total: TOTAL, cuts: [cut(random, 0.002)] }))
  return { strands }
}

function latencyLook(random: Random): MetricLook {
  const shape = SLOWER.map(([at, share]) => ({ at, ...cut(random, share) }))
  const limit = { at: 500, isLimit: true as const, ...cut(random, 0.004) }
  return { strands: [{ reporter: 'Destination', total: TOTAL, cuts: [limit, ...shape] }] }
}

function cut(random: Random, share: number): Pick<CutLook, 'bad' | 'phi' | 'past'> {
  const bad = { canary: binomial(random, TOTAL.canary, share), stable: binomial(random, TOTAL.stable, share) }
  return { bad, phi: 1.1234567891234, past: share * 1.0123456789 }
}

/** The evidence of a sample after so many looks at the first step, and as many at its own. */
export function evidenceAfter({ measure, step: last, look }: Sample, looks: number): Evidence {
  const random = randomOf(looks)
  let evidence = initialEvidence([measure], WEIGHTS.length)
  for (const step of new Set([0, last])) {
    evidence = beginStep(evidence, step)
    for (let index = 0; index < looks; index++) {
      evidence = addLook(evidence, [measure], { [measure.name]: look(random) }, { step, weights: WEIGHTS })
    }
  }
  return evidence
}

/** Bytes of the state of each sample, at the end of the step at which they are most. */
export function sizes() {
  return samples().map((sample) => {
    const after = [1, 100, 10_000].map((looks) => ({
      looks,
      bytes: Math.max(...[0, sample.step].map((step) => bytesAfter({ ...sample, step }, looks))),
    }))
    return { what: sample.what, after, largest: Math.max(...after.map(({ bytes }) => bytes)) }
  })
}

function bytesAfter(sample: Sample, looks: number): number {
  const { metrics } = evidenceAfter(sample, looks)
  return Buffer.byteLength(JSON.stringify(metrics[sample.measure.name]))
}
