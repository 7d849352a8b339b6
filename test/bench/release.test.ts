import { describe, expect, it } from 'vitest'
import { queriesIn } from '../../bench/footprint/prometheus.ts'
import { isCarried } from '../../bench/release/carry.ts'
import { lateness } from '../../bench/release/lateness.ts'
import { carriedOutcome } from '../../bench/release/limits-report.ts'
import { cpuSecondsIn, residentBytesIn, usageOf } from '../../bench/release/processes.ts'
import { cpuPerRelease, measureStretch } from '../../bench/release/stretch.ts'

describe('what a process uses', () => {
  it('is read behind a name with blanks and parentheses', () => {
    const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 250 50 7 8 20 0 11 0 999 1 2'
    expect(cpuSecondsIn(stat)).toBe(3)
  })

  it('is its resident memory in bytes', () => {
    expect(residentBytesIn('Name:\tetcd\nVmRSS:\t   2048 kB\nThreads:\t3\n')).toBe(2 * 1024 * 1024)
    expect(residentBytesIn('Name:\tended\n')).toBe(0)
  })

  it('is unknown of a process that is gone', () => {
    expect(usageOf(2 ** 22 + 1)).toBeUndefined()
  })
})

describe('a stretch', () => {
  it('counts the work of this process', async () => {
    const { groups, seconds } = await measureStretch([{ pid: process.pid, group: 'self' }], async () => {
      const start = process.cpuUsage()
      while (process.cpuUsage(start).user < 80_000) Math.sqrt(2)
    })
    expect(seconds).toBeGreaterThanOrEqual(0.08)
    expect(groups.get('self')?.cpuSeconds).toBeGreaterThan(0.04)
    expect(groups.get('self')?.residentBytes).toBeGreaterThan(1e6)
  })

  it('gives for a release what is beyond idling for as long', () => {
    const usage = (cpuSeconds: number) => new Map([['etcd', { cpuSeconds, residentBytes: 0 }]])
    const busy = { seconds: 40, groups: usage(14) }
    const idle = { seconds: 60, groups: usage(6) }
    expect(cpuPerRelease('etcd', busy, idle, 10)).toBeCloseTo(1)
  })
})

describe('lateness of looks', () => {
  it('is counted within a step, from the look before', () => {
    const look = (at: number, seq: number) => ({ at, seq, message: 'looked', rollout: 'shop/reviews' })
    const lines = [
      look(0, 4),
      look(5020, 4),
      { at: 6000, message: 'release moved' },
      look(9900, 4),
      look(20_000, 6),
    ]
    expect(lateness(lines, 5000)).toEqual([20, 0])
  })
})

describe("Prometheus' own count", () => {
  it('is that of queries, of every status', () => {
    const metrics = [
      '# TYPE prometheus_http_requests_total counter',
      'prometheus_http_requests_total{code="200",handler="/api/v1/query"} 41',
      'prometheus_http_requests_total{code="400",handler="/api/v1/query"} 1',
      'prometheus_http_requests_total{code="200",handler="/metrics"} 7',
    ].join('\n')
    expect(queriesIn(metrics)).toBe(42)
  })
})

describe('releases under way at once', () => {
  const stretch = { seconds: 60, groups: new Map() }
  const plateau = { releases: 200, stretch, late: [0, 15_000], looks: 600, dueLooks: 600 }

  it('are carried when no look is later than one interval, and none is left out', () => {
    expect(isCarried(plateau)).toBe(true)
    expect(isCarried({ ...plateau, late: [0, 15_001] })).toBe(false)
    expect(isCarried({ ...plateau, looks: 599 })).toBe(false)
  })

  it('are reported as the most that were carried', () => {
    const late = { ...plateau, releases: 400, late: [20_000] }
    expect(carriedOutcome([plateau, late]).figures['carried']).toBe(200)
    expect(carriedOutcome([plateau]).tables[0]?.remarks?.[0]).toContain('no more were tried')
  })
})
