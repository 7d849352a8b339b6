import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { renderRollout } from '../../../src/cli/view/rollout.ts'
import type { EventView, RenderOptions } from '../../../src/cli/view/rollout.ts'
import {
  AT_20,
  NOW,
  PROMOTED,
  ROLLED_BACK,
  aRollout,
  aView,
  anEvent,
  conditions,
  release,
} from '../fixtures.ts'

const PLAIN: RenderOptions = { width: 80, color: false, now: NOW }
const text = (status: RolloutStatus, events: readonly EventView[] = []) =>
  renderRollout(aView(status, events), PLAIN).join('\n')

describe('the view of a release under way', () => {
  const shown = renderRollout(
    aView(AT_20, [anEvent(72, 'WeightRaised'), anEvent(420, 'ReleaseStarted')]),
    PLAIN,
  )

  it('looks like this', () => {
    expect(shown).toEqual([
      'shop/reviews  v1 → v2  ● Progressing                                      for 7m',
      '20 %: error-rate: 612 of about 900 canary requests seen, no harm; 50 % in about',
      '2 more minutes',
      '',
      'v1 80 % ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█████████████ 20 % v2',
      '',
      '✔ 5 %   ▶ 20 %   · 50 %   · 100 %                  step 2 of 4, held 1m12s of 5m',
      '',
      'Unsure  error-rate  0.00 %  limit 1%',
      '        612 of about 900 canary requests seen, no harm',
      'Pass    p99         0.00 %  limit 1%',
      '        canary 0 of 2,724 requests took longer than 500ms (0%, p99 allows 1%)',
      '',
      'Events',
      '     7m  ReleaseStarted  message of ReleaseStarted',
      '  1m12s  WeightRaised    message of WeightRaised',
    ])
  })

  it('has the same words with colours', () => {
    const colored = renderRollout(aView(AT_20), { ...PLAIN, color: true })
    expect(colored.map(stripVTControlCharacters)).toEqual(renderRollout(aView(AT_20), PLAIN))
    expect(colored.join('')).toContain('\u001B[')
  })

  it.each([60, 80, 100, 160])('keeps within %i columns', (width) => {
    const events = [anEvent(5, 'Drifted', { type: 'Warning', message: 'somebody wrote 90/10 '.repeat(9) })]
    const view = aView(
      { ...AT_20, history: [release('v9', 'RolledBack', 'MetricFailed: '.repeat(20))] },
      events,
    )
    const lines = renderRollout(view, { ...PLAIN, width })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  })
})

describe('the step', () => {
  it('says when its hold is over', () => {
    const { release: under } = AT_20
    if (under === undefined) throw new Error('no release')
    const late = { ...AT_20, release: { ...under, stepStartedAt: new Date(NOW - 400_000).toISOString() } }
    expect(text(late)).toContain('step 2 of 4, hold of 5m is over')
  })

  it('says that its weight is not written yet', () => {
    const { stepStartedAt: _at, ...raising } = AT_20.release ?? {}
    expect(text({ ...AT_20, release: raising as never })).toContain('step 2 of 4, waiting for its weight')
  })

  it('does not claim the steps of an edited spec for a release that began with others', () => {
    const shown = text({ ...AT_20, step: '2/3', release: { ...AT_20.release, steps: 3 } as never })
    expect(shown).toContain('step 2 of 3, held 1m12s')
    expect(shown).not.toContain('▶')
  })

  it('is not shown outside of steps', () => {
    expect(text(PROMOTED)).not.toContain('step')
  })
})

describe('the view of proxies that lag behind', () => {
  it('says what they send', () => {
    const shown = text({ ...AT_20, weight: { desired: 20, observed: 5, observedBy: 'EnvoyAdmin' } })
    expect(shown).toContain('proxies send 5 % so far (EnvoyAdmin)')
  })

  it('is silent once they agree, and when no canary is tried any more', () => {
    expect(text(AT_20)).not.toContain('proxies send')
    expect(text({ ...PROMOTED, weight: { desired: 100, observed: 0 } })).not.toContain('proxies send')
  })
})

describe('the view after a release', () => {
  it('gives a promoted version the whole bar', () => {
    expect(text(PROMOTED)).toMatch(/^v2 100 % ▒+$/m)
    expect(text(PROMOTED)).toContain('  1m  v1 → v2  Promoted  took 1m')
  })

  it('names no former version where there was none', () => {
    const first = { ...release('v1', 'Adopted', ''), from: '' }
    expect(text({ ...PROMOTED, history: [first] })).toContain('  1m  v1  Adopted  took 1m')
  })

  it('gives stable the whole bar after a rollback, and says why', () => {
    const shown = text(ROLLED_BACK)
    expect(shown).toMatch(/^v1 100 % ▒+ 0 % v2$/m)
    expect(shown).toMatch(/^Fail {2}error-rate/m)
    expect(shown).toContain('v1 → v2  RolledBack  took 1m  MetricFailed: error-rate: canary 10 of 197')
  })

  it('keeps no verdicts about a version that is no longer wanted', () => {
    const back = { ...ROLLED_BACK, conditions: conditions('Ready', 'Stable'), message: 'users have v1' }
    const rollout = { ...aRollout(back), spec: { version: 'v1' } }
    const lines = renderRollout({ rollout, events: [] }, PLAIN)
    expect(lines.slice(0, 4)).toEqual([
      'shop/reviews  v1  ● Stable                                                for 1m',
      'users have v1',
      '',
      expect.stringMatching(/^v1 100 % ▒+$/),
    ])
    expect(lines.join('\n')).not.toMatch(/^Fail/m)
  })

  it('keeps no verdicts of a former release for one that was refused', () => {
    const refused = { ...ROLLED_BACK, release: { ...AT_20.release, step: 0 } as never }
    expect(text(refused)).not.toMatch(/^Fail/m)
  })
})

describe('the view of a Rollout that nobody has looked at', () => {
  it('says so, and what to do', () => {
    expect(renderRollout(aView({}), PLAIN)).toEqual([
      'shop/reviews  ? → v2  ● Unseen',
      'no controller has looked at this Rollout yet; is "sluice run" running?',
    ])
  })

  it('gets along with a spec that is not valid', () => {
    const rollout = { ...aRollout(AT_20), spec: { steps: 'many' } }
    expect(renderRollout({ rollout, events: [] }, PLAIN)[0]).toContain('v1 → ?')
  })
})

describe('a terminal with few rows', () => {
  const history = ['v2', 'v3', 'v4', 'v5'].map((to) => release(to, 'Promoted', ''))
  const events = [50, 40, 30, 20, 10].map((seconds) => anEvent(seconds, `Reason${seconds}`))
  const view = aView({ ...AT_20, history }, events)
  const all = renderRollout(view, PLAIN)

  it('loses old releases first, then all of them, then old events', () => {
    const shown = (height: number) => renderRollout(view, { ...PLAIN, height }).join('\n')
    expect(shown(all.length)).toContain('v1 → v5')
    expect(shown(all.length - 1)).toContain('v1 → v3')
    expect(shown(all.length - 1)).not.toContain('v1 → v4')
    expect(shown(all.length - 3)).not.toContain('Releases')
    expect(shown(all.length - 7)).not.toContain('Reason50')
    expect(shown(all.length - 7)).toContain('Reason10')
  })

  it.each([1, 5, 10, 15, 20, 25])('gets at most its %i lines, the most important first', (height) => {
    const lines = renderRollout(view, { ...PLAIN, height })
    expect(lines.length).toBeLessThanOrEqual(height)
    expect(lines[0]).toBe(all[0])
  })
})
