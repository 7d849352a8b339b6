import { describe, expect, it } from 'vitest'
import { foreignStays } from '../../../bench/soak/checks/foreign.ts'
import { haltedStays, sequencesRise } from '../../../bench/soak/checks/marks.ts'
import type { Check } from '../../../bench/soak/checks/scene.ts'
import { stepsInOrder } from '../../../bench/soak/checks/steps.ts'
import { namedIsKnown, removedIsUnnamed } from '../../../bench/soak/checks/subsets.ts'
import { examine, writeChecks } from '../../../bench/soak/checks/writes.ts'
import { aMark, aRollout, aRoute, aRule, recordOf } from './record.ts'

const STEPS = [20, 50, 100]

function found(check: Check, ...written: Parameters<typeof recordOf>): string[] {
  return examine(recordOf(...written), [check]).map(({ text }) => text)
}

/** The route with the weight that its mark says. */
const at = (weight: number, seq: number) => aRoute({ v1: 100 - weight, v2: weight }, aMark({ weight, seq }))
const resting = (version: string, seq: number) =>
  aRoute({ [version]: 100 }, aMark({ stable: version, canary: undefined, seq }))
const GIT = aRoute({ v1: 100 })

it('finds nothing wrong with a release from its claim to its retirement', () => {
  const changes = recordOf(
    ['owner', aRule(['v1'])],
    ['owner', GIT],
    aRoute({ v1: 100 }, aMark({ seq: 2 })),
    aRule(['v1', 'v2'], aMark({ seq: 2 })),
    at(20, 3),
    at(50, 4),
    ['stranger', aRoute({ v1: 10, v2: 90 }, aMark({ weight: 50, seq: 4 }))],
    at(50, 5),
    at(100, 6),
    resting('v2', 7),
    aRule(['v2'], aMark({ stable: 'v2', canary: undefined, seq: 8 })),
  )
  expect(examine(changes, writeChecks(STEPS))).toEqual([])
})

describe('sequences in our marks', () => {
  it('that fall are found', () => {
    expect(found(sequencesRise(), ['owner', GIT], at(20, 5), at(50, 4))).toMatchObject([
      /from sequence 5 to 4/,
    ])
  })

  it('may fall by the write of a stranger, or with another Rollout of the name', () => {
    const others = aRoute({ v1: 100 }, aMark({ uid: 'another', seq: 1 }))
    expect(found(sequencesRise(), ['owner', GIT], at(20, 5), ['stranger', at(20, 3)])).toEqual([])
    expect(found(sequencesRise(), ['owner', GIT], at(20, 5), others)).toEqual([])
  })
})

describe('a release that was halted', () => {
  const halted = aRoute({ v1: 100 }, aMark({ canary: undefined, halted: true, seq: 5 }))

  it('and is raised again is found, also when a stranger took the mark away meanwhile', () => {
    expect(found(haltedStays(), ['owner', GIT], halted, at(20, 6))).toMatchObject([/v2-1 was halted/])
    const stripped: [string, object] = ['stranger', GIT]
    expect(found(haltedStays(), ['owner', GIT], halted, stripped, at(20, 6))).toMatchObject([
      /v2-1 was halted/,
    ])
  })

  it('does not keep the next one from being raised', () => {
    const next = aRoute({ v1: 80, v2: 20 }, aMark({ release: 'v2-2', weight: 20, seq: 8 }))
    expect(found(haltedStays(), ['owner', GIT], halted, next)).toEqual([])
  })
})

describe('a subset', () => {
  it('that we name while the DestinationRule lacks it is found', () => {
    const written = [['owner', aRule(['v1'])], ['owner', GIT], at(20, 3)] as Parameters<typeof recordOf>
    expect(found(namedIsKnown(), ...written)).toMatchObject([/names subset v2/])
  })

  it('that a stranger took out just before is not our fault, until it is back', () => {
    const rules: Parameters<typeof recordOf> = [
      ['owner', GIT],
      aRule(['v1', 'v2']),
      ['stranger', aRule(['v1'])],
    ]
    expect(found(namedIsKnown(), ...rules, at(20, 3))).toEqual([])
    const removed = [aRule(['v1', 'v2']), aRule(['v1'])]
    expect(found(namedIsKnown(), ...rules, ...removed, at(20, 3))).toMatchObject([/names subset v2/])
  })

  it('that we remove while our route names it is found, one that a stranger named is not', () => {
    const rules = [aRule(['v1', 'v2']), ['owner', GIT]] as Parameters<typeof recordOf>
    expect(found(removedIsUnnamed(), ...rules, at(20, 3), aRule(['v1']))).toMatchObject([
      /subset v2 is removed/,
    ])
    expect(found(removedIsUnnamed(), ...rules, ['stranger', at(20, 3)], aRule(['v1']))).toEqual([])
  })
})

describe('weights', () => {
  const rule: [string, object] = ['owner', aRule(['v1', 'v2'])]
  const owner: [string, object] = ['owner', GIT]

  it('that leave a step out, or are no step, are found', () => {
    expect(found(stepsInOrder(STEPS), rule, owner, at(50, 3))).toMatchObject([/goes to 50 %, before 20 %/])
    expect(found(stepsInOrder(STEPS), rule, owner, at(30, 3))).toMatchObject([/30 %, which is no step/])
  })

  it('that differ from what the mark says are found', () => {
    const wrong = aRoute({ v1: 60, v2: 40 }, aMark({ weight: 20 }))
    expect(found(stepsInOrder(STEPS), rule, owner, wrong)).toMatchObject([/gives 40 %, its mark says 20 %/])
  })

  it('may begin a step anew after a loss of pods', () => {
    expect(found(stepsInOrder(STEPS), rule, owner, at(20, 3), at(50, 4), at(0, 5), at(50, 6))).toEqual([])
  })

  it('that are given for good before the last step are found', () => {
    expect(found(stepsInOrder(STEPS), rule, owner, at(20, 3), resting('v2', 4))).toMatchObject([
      /from v1 to v2 for good after step 1 of 3/,
    ])
  })

  it('may go back to the former stable without steps', () => {
    const written = [at(20, 3), at(50, 4), at(100, 5), resting('v2', 6), resting('v1', 7)]
    expect(found(stepsInOrder(STEPS), rule, owner, ...written)).toEqual([])
  })

  it('may be all while no pod of stable is ready, and only then', () => {
    const written = [rule, owner, at(20, 3)]
    expect(found(stepsInOrder(STEPS), ...written, aRollout('StableLost'), at(100, 4))).toEqual([])
    expect(found(stepsInOrder(STEPS), ...written, aRollout('Progressing'), at(100, 4))).toHaveLength(1)
  })
})

describe('what is not ours', () => {
  it('and changes by a write of ours is found', () => {
    const timeout = aRoute({ v1: 100 }, aMark(), { timeout: '1s' })
    expect(found(foreignStays(), ['owner', GIT], timeout)).toHaveLength(1)
    const policy = aRule(['v1'], aMark(), { trafficPolicy: {} })
    expect(found(foreignStays(), ['owner', aRule(['v1'])], policy)).toHaveLength(1)
  })

  it('may change by the write of a stranger', () => {
    expect(
      found(foreignStays(), ['owner', GIT], ['stranger', aRoute({ v1: 100 }, aMark(), { timeout: '1s' })]),
    ).toEqual([])
  })
})
