import { describe, expect, it } from 'vitest'
import { Pulse } from '../../../src/adapters/kubernetes/pulse.ts'

/** A pulse, and a clock that is moved by hand. */
function aPulse() {
  let now = 1_000_000
  return { pulse: new Pulse(() => now), pass: (ms: number) => (now += ms) }
}
const works = async () => undefined

describe('a watch', () => {
  it('is neither broken nor silent when it has just been made', () => {
    const { pulse } = aPulse()
    expect(pulse.brokenFor(0)).toBeUndefined()
    expect(pulse.isSilentFor(0)).toBe(false)
  })

  it('is broken from its first error on, however often it tries again', async () => {
    const { pulse, pass } = aPulse()
    pulse.broke(new Error('refused'))
    pass(600)
    await pulse.attempt(async () => pulse.broke(new Error('still refused')))
    pass(600)
    expect(pulse.brokenFor(1_000)).toBe('still refused')
    expect(pulse.brokenFor(1_200)).toBeUndefined()
  })

  it('works again after an attempt without an error', async () => {
    const { pulse, pass } = aPulse()
    pulse.broke(new Error('refused'))
    pass(60_000)
    await pulse.attempt(works)
    expect(pulse.brokenFor(0)).toBeUndefined()
  })

  it('that keeps failing is broken, not silent', async () => {
    const { pulse, pass } = aPulse()
    for (let minute = 0; minute < 10; minute++) {
      pass(60_000)
      await pulse.attempt(async () => pulse.broke('refused'))
    }
    expect(pulse.brokenFor(300_000)).toBe('refused')
    expect(pulse.isSilentFor(60_000)).toBe(false)
  })

  it('is silent when nothing was heard of it, until it gives a sign', () => {
    const { pulse, pass } = aPulse()
    pass(300_001)
    expect(pulse.isSilentFor(300_000)).toBe(true)
    pulse.sign()
    expect(pulse.isSilentFor(0)).toBe(false)
  })
})
