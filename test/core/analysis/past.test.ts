import { describe, expect, test } from 'vitest'
import { addToPast, spansOf } from '../../../src/core/analysis/past.ts'
import type { Past } from '../../../src/core/analysis/past.ts'
import { readingsOfPods } from './pods.ts'

const MINUTE = 60_000

/** Requests of versions between minutes. */
function pastOf(
  flows: readonly (readonly [version: string, from: number, to: number, perSecond?: number])[],
): Past {
  const past: Past = new Map()
  const pods = flows.map(([version, from, to, perSecond = 10], index) => {
    const times = { fromMs: from * MINUTE, toMs: to * MINUTE }
    return { pod: `${version}-${index}`, version, perSecond, errors: () => 0, ...times }
  })
  addToPast(past, readingsOfPods(pods, 200 * MINUTE), 0, 200 * MINUTE)
  return past
}

const told = (past: Past) =>
  spansOf(past).map((span) => {
    const time = `${span.fromMs / MINUTE}-${span.toMs / MINUTE}`
    return span.kind === 'Alone' ? `${span.version} ${time}` : `${span.stable}>${span.canary} ${time}`
  })

describe('the past of a service', () => {
  test('is times of one version, and releases between them', () => {
    expect(
      told(
        pastOf([
          ['v1', 0, 60],
          ['v2', 40, 100],
        ]),
      ),
    ).toEqual(['v1 0-40', 'v1>v2 40-60', 'v2 60-100'])
  })

  test('knows a release that was rolled back', () => {
    expect(
      told(
        pastOf([
          ['v1', 0, 90],
          ['v2', 40, 50],
        ]),
      ),
    ).toEqual(['v1 0-40', 'v1>v2 40-50', 'v1 50-90'])
  })

  test('takes a short pause of the canary for a part of its release', () => {
    expect(
      told(
        pastOf([
          ['v1', 0, 90],
          ['v2', 40, 45],
          ['v2', 50, 60],
        ]),
      ),
    ).toEqual(['v1 0-40', 'v1>v2 40-60', 'v1 60-90'])
  })

  test('takes a long pause for the time between two releases', () => {
    expect(
      told(
        pastOf([
          ['v1', 0, 90],
          ['v2', 20, 25],
          ['v2', 60, 70],
        ]),
      ),
    ).toEqual(['v1 0-20', 'v1>v2 20-25', 'v1 25-60', 'v1>v2 60-70', 'v1 70-90'])
  })

  test('takes who has fewer requests for the canary, where nothing was before', () => {
    expect(
      told(
        pastOf([
          ['v2', 0, 30, 2],
          ['v1', 0, 30, 40],
        ]),
      ),
    ).toEqual(['v1>v2 0-30'])
  })

  test('is not ended by silence', () => {
    expect(
      told(
        pastOf([
          ['v1', 0, 10],
          ['v1', 60, 70],
        ]),
      ),
    ).toEqual(['v1 0-70'])
  })

  test('has nothing of what named no version, or was outside of the time', () => {
    const past: Past = new Map()
    const pod = { pod: 'a', perSecond: 10, errors: () => 0 }
    const readings = readingsOfPods(
      [
        { ...pod, version: '' },
        { ...pod, version: 'v1' },
      ],
      20 * MINUTE,
    )
    addToPast(past, readings, 5 * MINUTE, 10 * MINUTE)
    expect(told(past)).toEqual(['v1 5-10'])
  })
})
