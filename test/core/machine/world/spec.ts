import { parseSpec } from '../../../../src/api/v1alpha1/rollout.ts'
import type { ParsedSpec } from '../../../../src/api/v1alpha1/rollout.ts'

/** What the user of the world changes in the Rollout. */
export interface Wish {
  readonly version: string
  readonly paused: boolean
  readonly generation: number
}

const parsed = new Map<string, ParsedSpec>()

/** The Rollout's spec. Few are ever wanted, and parsing is what takes longest here. */
export function parsedSpec({ version, paused }: Wish, named: boolean): ParsedSpec {
  const key = `${version} ${paused} ${named}`
  const spec = parsed.get(key) ?? parseSpec(specOf(version, paused, named))
  parsed.set(key, spec)
  return spec
}

function specOf(version: string, paused: boolean, named: boolean): unknown {
  const routes = named ? { routes: ['primary'] } : {}
  return {
    version,
    paused,
    traffic: {
      service: 'reviews',
      existing: { virtualServices: [{ name: 'reviews', ...routes }], destinationRule: { name: 'reviews' } },
    },
    steps: [5, 20, 100].map((weight) => ({ weight, hold: '3s' })),
    analysis: {
      interval: '1s',
      warmup: '1s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }],
    },
    progressDeadline: '20s',
    retire: { after: '5s' },
  }
}
