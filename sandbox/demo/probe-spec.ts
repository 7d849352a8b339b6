import { quickSpec } from '../kit/shop.ts'
import { DEPENDENCY, PROBE } from './cases.ts'
import type { DemoCase } from './cases.ts'

/** At this weight (percent) the fault probe is due. */
const PROBED_WEIGHT = 20

const FAULT = {
  name: PROBE,
  dependency: DEPENDENCY,
  abort: { httpStatus: 503 },
  duration: '15s',
  recovery: '10s',
}

/** The Rollout's spec for a case: steps of seconds, and for some a fault probe at 20 %. */
export function specOf({ version, probes }: Pick<DemoCase, 'version' | 'probes'>): Record<string, unknown> {
  const spec = quickSpec(version)
  const steps = (spec['steps'] as { readonly weight: number }[]).map((step) =>
    probes && step.weight === PROBED_WEIGHT ? { ...step, faults: [PROBE] } : step,
  )
  return { ...spec, steps, faults: [FAULT] }
}
