import { beforeAll, describe, expect, it } from 'vitest'
import { createProgress } from '../../../sandbox/progress.ts'
import { installLua } from '../../../sandbox/tools/lua.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { kstatusOf } from '../../core/status/kstatus.ts'
import type { Computed } from '../../core/status/kstatus.ts'
import { healthsIn } from './lua.ts'
import type { Health } from './lua.ts'
import { changedMeanwhile, settledForReasons, written, writtenInPhases } from './states.ts'
import type { State } from './states.ts'

const HEALTHS: Readonly<Record<Computed, readonly string[]>> = {
  Current: ['Healthy'],
  InProgress: ['Progressing', 'Suspended'],
  Failed: ['Degraded'],
}

function rollout(generation: number, status?: RolloutStatus, metadata = {}) {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'reviews', namespace: 'shop', generation, ...metadata },
    spec: { version: 'v2' },
    ...(status && { status }),
  }
}

let lua: string

beforeAll(async () => {
  const progress = createProgress(process.stderr)
  lua = await installLua(progress)
  progress.close()
})

async function healthsOf(states: readonly State[]): Promise<Health[]> {
  return healthsIn(
    lua,
    states.map(({ generation, status }) => rollout(generation, status)),
  )
}

async function healthOfOne(object: unknown) {
  const [health] = await healthsIn(lua, [object])
  return health
}

const isPaused = ({ conditions }: RolloutStatus) =>
  conditions?.some(
    ({ type, status, reason }) => type === 'Reconciling' && status === 'True' && reason === 'Paused',
  )

describe('Argo CD', () => {
  it.each<[string, readonly State[]]>([
    ['in each phase of a release', writtenInPhases()],
    ['for each reason of a condition', settledForReasons()],
    ['while a change of the spec is on its way', changedMeanwhile()],
  ])('says what kstatus says %s', async (_, states) => {
    const healths = await healthsOf(states)
    const said = states.map(({ name }, index) => [name, healths[index]?.status])
    const expected = states.map(({ name, generation, status }, index) => {
      const allowed = HEALTHS[kstatusOf(generation, status)]
      const found = healths[index]?.status ?? 'nothing'
      return [name, allowed.includes(found) ? found : allowed.join(' or ')]
    })
    expect(said).toEqual(expected)
  })

  it('calls suspended what spec.paused holds, and nothing else', async () => {
    const states = [...writtenInPhases(), ...settledForReasons()]
    const healths = await healthsOf(states)
    const suspended = states.filter((_, index) => healths[index]?.status === 'Suspended')
    expect(suspended).toEqual(states.filter(({ status }) => isPaused(status)))
    expect(suspended.length).toBeGreaterThan(3)
  })

  it('shows the message of the status', async () => {
    const states = [...writtenInPhases(), ...settledForReasons()]
    const healths = await healthsOf(states)
    expect(healths.map(({ message }) => message)).toEqual(states.map(({ status }) => status.message))
  })

  it('does not show what was said of an earlier spec', async () => {
    expect(await healthOfOne(rollout(2, written('Done')))).toEqual({
      status: 'Progressing',
      message: 'waiting for Sluice to see the change of the Rollout',
    })
  })

  it.each([
    ['has no status yet', rollout(1)],
    ['has an empty status', rollout(1, {})],
    ['has the status that the API server gives to a new one', rollout(1, { observedGeneration: 0 })],
    ['has conditions of others only', rollout(1, { observedGeneration: 1, conditions: [] })],
    ['has no generation', { ...rollout(1), metadata: { name: 'reviews' } }],
    ['has nothing at all', {}],
  ])('calls progressing what %s', async (_, object) => {
    expect(await healthOfOne(object)).toEqual({
      status: 'Progressing',
      message: 'waiting for Sluice to see the Rollout',
    })
  })

  it.each<[string, RolloutStatus | undefined, string]>([
    ['is stable', written('Done'), 'users have v2'],
    ['has no status', undefined, 'the Rollout is being deleted'],
  ])('calls progressing what is being deleted and %s', async (_, status, message) => {
    const object = rollout(2, status, { deletionTimestamp: '2026-01-02T03:04:05Z' })
    expect(await healthOfOne(object)).toEqual({ status: 'Progressing', message })
  })
})
