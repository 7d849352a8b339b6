import type { ShownRollout } from '../../sandbox/kit/shop.ts'

/** What kstatus, and so Flux, reads from an object: its generic rules, in their order. */
export function kstatusOf({ metadata, status }: ShownRollout): 'Current' | 'InProgress' | 'Failed' {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return 'InProgress'
  const isTrue = (type: string) =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True') === true
  if (isTrue('Stalled')) return 'Failed'
  if (isTrue('Reconciling')) return 'InProgress'
  return isTrue('Ready') ? 'Current' : 'InProgress'
}
