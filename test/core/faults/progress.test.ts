import { describe, expect, it } from 'vitest'
import { awaitedProbe, dueFault, retryAfterMs, withResult } from '../../../src/core/faults/progress.ts'
import type { ProbeProgress, ProbeVerdict } from '../../../src/core/faults/progress.ts'

const HOST = 'ratings.shop.svc.cluster.local'
const faults = ['down', 'slow'].map((name) => ({
  name,
  dependency: HOST,
  durationMs: 60_000,
  recoveryMs: 30_000,
  required: name === 'down',
}))
const steps = [{ faults: ['down', 'slow'] }, {}, { faults: ['down'] }]

function release(step: number, probes?: ProbeProgress) {
  return { step, plan: { steps, faults }, ...(probes && { probes }) }
}

function result(name: string, verdict: ProbeVerdict, message: string = verdict) {
  return { name, host: HOST, verdict, message }
}

const progress = (changes: Partial<ProbeProgress>): ProbeProgress => ({
  step: 0,
  done: 0,
  tries: 0,
  results: [],
  ...changes,
})

describe('the probe that is due', () => {
  it('is the first of the step that was not made', () => {
    expect(dueFault(release(0))?.name).toBe('down')
    expect(dueFault(release(0, progress({ done: 1 })))?.name).toBe('slow')
    expect(dueFault(release(0, progress({ done: 2 })))).toBeUndefined()
  })

  it('does not go by what was made at another step', () => {
    expect(dueFault(release(2, progress({ done: 2 })))?.name).toBe('down')
  })

  it('is none at a step that names none, before the first step, and in a plan of an older Sluice', () => {
    expect(dueFault(release(1))).toBeUndefined()
    expect(dueFault(release(-1))).toBeUndefined()
    expect(dueFault({ step: 0, plan: { steps } })).toBeUndefined()
    expect(dueFault({ step: 0, plan: { steps: [{}] } })).toBeUndefined()
  })
})

describe('a result', () => {
  it('ends its probe, unless it is required and told nothing', () => {
    expect(withResult(release(0), result('down', 'Pass'))).toMatchObject({ done: 1, tries: 0 })
    expect(withResult(release(0), result('down', 'Inconclusive'))).toMatchObject({ done: 0, tries: 1 })
    const second = release(0, progress({ done: 1, tries: 0 }))
    expect(withResult(second, result('slow', 'Inconclusive'))).toMatchObject({ done: 2, tries: 0 })
  })

  it('replaces that of the same probe at the same step, and no other', () => {
    const first = withResult(release(0), result('down', 'Inconclusive'))
    const passed = withResult(release(0, first), result('down', 'Pass'))
    expect(passed.results).toEqual([{ ...result('down', 'Pass'), step: 0 }])
    const later = withResult(release(2, passed), result('down', 'Fail'))
    expect(later.results.map(({ step, verdict }) => [step, verdict])).toEqual([
      [0, 'Pass'],
      [2, 'Fail'],
    ])
    expect(later).toMatchObject({ step: 2, done: 1 })
  })
})

describe('the probe that a step waits for', () => {
  it('is the one that told nothing and is due still', () => {
    const awaiting = release(
      0,
      withResult(release(0), { ...result('down', 'Inconclusive'), message: 'nobody met it' }),
    )
    expect(awaitedProbe(awaiting)).toMatchObject({ name: 'down', message: 'nobody met it' })
  })

  it('is none before it was tried, and once all are over', () => {
    expect(awaitedProbe(release(0))).toBeUndefined()
    const over = progress({ done: 2, results: [{ ...result('slow', 'Fail'), step: 0 }] })
    expect(awaitedProbe(release(0, over))).toBeUndefined()
  })

  it('is none of an earlier step that named it, too', () => {
    const known = progress({ done: 2, results: [{ ...result('down', 'Pass'), step: 0 }] })
    expect(awaitedProbe(release(2, known))).toBeUndefined()
  })
})

describe('the time until a probe that told nothing is tried again', () => {
  it.each([
    [1, 30_000],
    [2, 60_000],
    [3, 120_000],
    [6, 600_000],
    [1_000_000, 600_000],
  ])('after %d tries is %d ms', (tries, ms) => {
    expect(retryAfterMs(release(0, progress({ tries })))).toBe(ms)
  })

  it('does not go by the tries of another step', () => {
    expect(retryAfterMs(release(2, progress({ tries: 5 })))).toBe(30_000)
  })
})
