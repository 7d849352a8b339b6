import { describe, expect, it } from 'vitest'
import type { ReleaseEvent } from '../../src/core/machine/event.ts'
import type { Phase } from '../../src/core/machine/state.ts'
import { storedHistories } from './stored.ts'
import { continuedWith, walk } from './ways.ts'
import type { Way } from './ways.ts'

type Route = `${Phase} → ${Phase}`

/**
 * Where each event leads releases. Somebody's release may be anywhere on these ways while Sluice is updated, so there is a
 * stored history for each. Of a new event the type checker asks for its ways; of a new way this test asks for a history:
 * add a scenario, and run scripts/record-histories.ts.
 */
const WAYS: Readonly<Record<ReleaseEvent['type'], readonly Route[]>> = {
  Wanted: [
    'Preflight → Preflight',
    'Refused → Preflight',
    'Preparing → Preparing',
    'Preparing → Lowering',
    'Raising → Raising',
    'Raising → Lowering',
    'Probing → Probing',
    'Probing → Lowering',
    'Observing → Observing',
    'Observing → Lowering',
    'Promoting → Promoting',
    'Promoting → Lowering',
    'Promoting → Forgetting',
    'Retaining → Promoting',
    'Retaining → Retiring',
    'Retiring → Retiring',
    'Lowering → Lowering',
    'Cleaning → Cleaning',
    'Forgetting → Forgetting',
  ],
  Cleared: ['Preflight → Preparing', 'Preflight → Forgetting', 'Preflight → Done'],
  Unneeded: ['Preflight → Done', 'Preflight → Forgetting'],
  Refused: ['Preflight → Refused', 'Preflight → Forgetting'],
  Leftover: [
    'Preflight → Lowering',
    'Preflight → Retaining',
    'Preflight → Retiring',
    'Preflight → Promoting',
  ],
  Elapsed: ['Refused → Preflight', 'Retaining → Retiring'],
  Prepared: ['Preparing → Raising', 'Preparing → Promoting'],
  DeadlineExceeded: ['Preparing → Lowering', 'Observing → Lowering', 'Promoting → Lowering'],
  Raised: ['Raising → Observing', 'Raising → Probing'],
  Overtaken: [
    'Preparing → Lowering',
    'Raising → Lowering',
    'Probing → Lowering',
    'Observing → Lowering',
    'Promoting → Lowering',
  ],
  Passed: ['Observing → Raising', 'Observing → Observing', 'Observing → Promoting'],
  Renewed: ['Observing → Observing'],
  Probed: ['Probing → Probing', 'Probing → Observing', 'Probing → Lowering'],
  ProbeDue: ['Observing → Probing'],
  Failed: [
    'Preparing → Lowering',
    'Raising → Lowering',
    'Probing → Lowering',
    'Observing → Lowering',
    'Promoting → Lowering',
  ],
  Drifted: ['Probing → Raising', 'Observing → Raising'],
  CanaryLost: [
    'Raising → Preparing',
    'Raising → Lowering',
    'Probing → Preparing',
    'Probing → Lowering',
    'Observing → Preparing',
    'Observing → Lowering',
    'Promoting → Preparing',
    'Promoting → Lowering',
  ],
  StableLost: ['Probing → Raising', 'Observing → Raising'],
  StableBack: ['Observing → Raising'],
  TemplateChanged: ['Probing → Lowering', 'Observing → Lowering'],
  Promoted: ['Promoting → Retaining', 'Promoting → Retiring'],
  Retired: ['Retiring → Done', 'Retiring → Preflight', 'Retiring → Forgetting'],
  Lowered: ['Lowering → Cleaning'],
  Cleaned: ['Cleaning → Done', 'Cleaning → Preflight', 'Cleaning → Forgetting'],
  Forgotten: ['Preflight → Done', 'Preparing → Done', 'Forgetting → Done', 'Forgetting → Preflight'],
}

const walks = storedHistories().map(({ file, history }) => ({ file, history, ...walk(history) }))
const ways = walks.flatMap((one) => one.ways)
const routeOf = ({ from, to }: Way): Route => `${from} → ${to}`

function routesOf(type: ReleaseEvent['type']): Route[] {
  return [...new Set(ways.filter(({ event }) => event.type === type).map(routeOf))]
}

describe('stored histories', () => {
  it.for(Object.keys(WAYS) as ReleaseEvent['type'][])('go all ways that %s leads', (type) => {
    expect(routesOf(type).toSorted()).toEqual(WAYS[type].toSorted())
  })

  it('have the Rollout deleted in every phase that waits for anything', () => {
    const phases = ways.flatMap(({ event, from }) =>
      event.type === 'Wanted' && event.wanted.deleting ? [from] : [],
    )
    const waiting = WAYS.Wanted.map((route) => route.split(' ')[0]).filter((phase) => phase !== 'Forgetting')
    expect(new Set(phases)).toEqual(new Set(waiting))
  })

  it.for([
    ['Cleared', 'selector'],
    ['Cleared', 'lastFailed'],
    ['Leftover', 'promoted'],
    ['Drifted', 'contest'],
    ['Drifted', 'remedy'],
    ['CanaryLost', 'evidence'],
  ] as const)('have %s with %s and without', ([type, field]) => {
    const events = ways.flatMap(({ event }) => (event.type === type ? [event] : []))
    expect(new Set(events.map((event) => field in event))).toEqual(new Set([true, false]))
  })

  it.for(walks)('end as they did when they were recorded: $file', ({ history, end }) => {
    const next = continuedWith(history)
    if (next === undefined) expect(end.phase).toBe('Done')
    else expect(end).toMatchObject({ phase: next.phase, seq: next.seq, version: next.version })
  })
})
