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
    expect(pulse.trouble()).toBeUndefined()
    expect(pulse.isSilentFor(0)).toBe(false)
  })

  it('that never worked is in trouble from its first error on', async () => {
    const { pulse } = aPulse()
    await pulse.attempt(async () => pulse.broke('refused'))
    expect(pulse.trouble()).toBe('refused')
  })

  it('that worked is in trouble ten seconds after its first error, however often it tries again', async () => {
    const { pulse, pass } = aPulse()
    await pulse.attempt(works)
    pulse.broke('refused')
    pass(10_000)
    await pulse.attempt(async () => pulse.broke('still refused'))
    expect(pulse.trouble()).toBeUndefined()
    pass(1)
    expect(pulse.trouble()).toBe('still refused')
  })

  it('works again after an attempt without an error', async () => {
    const { pulse, pass } = aPulse()
    pulse.broke('refused')
    pass(60_000)
    await pulse.attempt(works)
    expect(pulse.trouble()).toBeUndefined()
  })

  it('has its trouble told at first, and once a minute while it lasts', () => {
    expect(tellings(() => 'refused')).toEqual([
      [0, 'refused'],
      [60, 'refused'],
      [120, 'refused'],
    ])
  })

  it('has another cause of its trouble told sooner, though not at every try', () => {
    expect(tellings((second) => (second === 0 ? 'hung up' : 'refused'))).toEqual([
      [0, 'hung up'],
      [10, 'refused'],
      [70, 'refused'],
    ])
  })

  it('has a new trouble told at once, however short the time since the last', async () => {
    const { pulse, pass } = aPulse()
    pulse.broke('refused')
    expect(pulse.toTell()).toBe('refused')
    await pulse.attempt(works)
    expect(pulse.toTell()).toBeUndefined()
    pulse.broke('forbidden')
    pass(10_001)
    expect(pulse.toTell()).toBe('forbidden')
  })

  it('that keeps failing is broken, not silent', async () => {
    const { pulse, pass } = aPulse()
    for (let minute = 0; minute < 10; minute++) {
      pass(60_000)
      await pulse.attempt(async () => pulse.broke('refused'))
    }
    expect(pulse.trouble()).toBe('refused')
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

/** What is told in two minutes of a watch that fails each second, and when (seconds). */
function tellings(problemAt: (second: number) => string): [number, string][] {
  const { pulse, pass } = aPulse()
  return Array.from({ length: 121 }, (_, second) => second).flatMap((second): [number, string][] => {
    pulse.broke(problemAt(second))
    const told = pulse.toTell()
    pass(1_000)
    return told === undefined ? [] : [[second, told]]
  })
}
