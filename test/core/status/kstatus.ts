import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'

/** What kstatus, and with it Flux, `kubectl wait` and others, makes of an object. */
export type Computed = 'Current' | 'InProgress' | 'Failed'

/** The generic rules of kstatus, for an object that is not being deleted. */
export function kstatusOf(generation: number, status: RolloutStatus): Computed {
  const isTrue = (type: string) => conditionOf(status, type) === 'True'
  if ((status.observedGeneration ?? generation) < generation) return 'InProgress'
  if (isTrue('Stalled')) return 'Failed'
  if (isTrue('Reconciling')) return 'InProgress'
  return conditionOf(status, 'Ready') === 'False' ? 'InProgress' : 'Current'
}

function conditionOf({ conditions }: RolloutStatus, type: string): string | undefined {
  return conditions?.find((one) => one.type === type)?.status
}
