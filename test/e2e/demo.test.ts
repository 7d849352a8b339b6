import { stringify } from 'yaml'
import { describe, expect, inject, it } from 'vitest'
import { DEMO_CASES } from '../../sandbox/demo/cases.ts'
import { runDemo } from '../../sandbox/demo/demo.ts'
import type { Audience } from '../../sandbox/demo/demo.ts'
import { Shop } from '../../sandbox/kit/shop.ts'
import type { ShownRollout } from '../../sandbox/kit/shop.ts'
import { marksOf } from '../../src/core/traffic/mark.ts'
import { kstatusOf } from './kstatus.ts'

/** Requests a second; well above the 200 at which no release may cause an error of its own. */
const RATE = 400
const NAMESPACE = `demo-${Date.now().toString(36)}`

/** Notes how Flux would have read the Rollout, in the order of the releases. */
function notingAudience(readings: Map<string, string[]>): Audience {
  let current: string[] = []
  return {
    say: () => {},
    begins: ({ id }) => {
      current = []
      readings.set(id, current)
    },
    shows: ({ rollout: { meta, status } }) => {
      const reading = kstatusOf({ metadata: meta, spec: {}, status } as unknown as ShownRollout)
      if (current.at(-1) !== reading) current.push(reading)
    },
    ended: () => {},
  }
}

describe('the demo', () => {
  it('ends in every case as expected: clean, and without an error that is not the app’s', async () => {
    const env = inject('sandbox')
    const readings = new Map<string, string[]>()
    const reports = await runDemo(env, { namespace: NAMESPACE, rate: RATE }, notingAudience(readings))
    expect(reports.map(({ demo, problems }) => [demo.id, problems])).toEqual(
      DEMO_CASES.map(({ id }) => [id, []]),
    )
    expect(Object.fromEntries(readings)).toEqual({
      a: ['InProgress', 'Current'],
      b: ['InProgress', 'Failed'],
      c: ['InProgress', 'Failed'],
      d: ['InProgress', 'Current'],
    })

    const shop = new Shop(env, NAMESPACE)
    const rollout = await shop.rollout()
    expect(rollout?.status).toMatchObject({
      stableVersion: 'v5',
      weight: { desired: 100 },
      release: { version: 'v5', phase: 'Done' },
      message: 'users have v5',
    })
    expect(rollout?.status?.history?.map(({ to, result }) => `${to} ${result}`)).toEqual([
      'v5 Promoted',
      'v4 RolledBack',
      'v3 RolledBack',
      'v2 Promoted',
    ])
    expect(stringify(rollout?.status)).not.toContain('null')
    const [mark] = marksOf(await shop.virtualService())
    expect(mark).toMatchObject({ stable: 'v5', rollout: `${NAMESPACE}/reviews` })
    expect(mark?.canary).toBeUndefined()
    await shop.close()
  }, 300_000)
})
