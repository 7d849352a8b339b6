import { describe, expect, it } from 'vitest'
import { longBake } from '../../bench/guard/bake.ts'
import type { Baked } from '../../bench/guard/bake.ts'
import { bytesIn } from '../../bench/guard/held.ts'
import type { Phase } from '../../bench/guard/phase.ts'
import { guardOutcome } from '../../bench/guard/report.ts'

const KEPT = { events: 30, historyBytes: 9000, heartbeatBytes: 1200 }
const IDLE: Phase = {
  what: 'no release',
  stretch: { seconds: 120, groups: new Map([['sluice', { cpuSeconds: 6, residentBytes: 4e8 }]]) },
  queries: 0,
  requests: 4,
  looks: 0,
  kept: [],
}
const WAITING: Phase = { ...IDLE, what: 'waiting', looks: 8, queries: 40, kept: [KEPT] }
const BAKED: Baked = { hours: 1, looks: 240, heartbeatBytes: 1000, cpuMs: 0.5, wrong: [] }

describe('the guard', () => {
  it('costs so much a minute', () => {
    const { tables, wrong } = guardOutcome([IDLE, WAITING], [BAKED])
    expect(tables[0]?.headings).toEqual(['WHAT', 'NO RELEASE', 'WAITING'])
    expect(tables[0]?.rows.slice(0, 5)).toEqual([
      ['looks a minute', '0', '4'],
      ['queries to Prometheus a minute', '0', '20'],
      ['requests to the API server a minute', '2', '2'],
      ['Sluice, CPU', '5.0 %', '5.0 %'],
      ['Sluice, memory', '400 MB', '400 MB'],
    ])
    expect(tables[0]?.rows.at(-1)).toEqual(['heartbeat of a release, bytes, most', '-', '1200'])
    expect(wrong).toEqual([])
  })

  it('that does not look is wrong', () => {
    expect(guardOutcome([{ ...WAITING, looks: 6 }], []).wrong).toEqual([
      'waiting: 6 looks instead of 7 and more',
    ])
  })

  it('whose heartbeats grow with time is wrong', () => {
    const week = { ...BAKED, hours: 168, heartbeatBytes: 1101 }
    expect(guardOutcome([], [BAKED, week]).wrong).toEqual([
      'heartbeats of a bake grew from 1000 to 1101 bytes',
    ])
  })

  it('in a long bake counts each request once, and carries no more after a day than after an hour', async () => {
    const [hour, day] = await longBake([1, 24])
    expect(hour?.wrong).toEqual([])
    expect(day?.wrong).toEqual([])
    expect(day?.looks).toBe(5760)
    expect(day?.heartbeatBytes).toBeLessThan(1.1 * (hour?.heartbeatBytes ?? 0))
  })

  it('adds up what heartbeats of all pending activities carry', () => {
    const beat = (length: number) => ({ heartbeatDetails: { payloads: [{ data: new Uint8Array(length) }] } })
    expect(
      bytesIn({ workflowExecutionInfo: { historySizeBytes: '4096' }, pendingActivities: [beat(3), beat(4)] }),
    ).toEqual({ historyBytes: 4096, heartbeatBytes: 7 })
    expect(bytesIn({ pendingActivities: [{ heartbeatDetails: null }] })).toEqual({
      historyBytes: 0,
      heartbeatBytes: 0,
    })
  })
})
