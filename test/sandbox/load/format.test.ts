import { expect, test } from 'vitest'
import { liveLine, reportText } from '../../../sandbox/load/format.ts'
import { Recorder } from '../../../sandbox/load/recorder.ts'
import type { LoadReport } from '../../../sandbox/load/report.ts'

function report(): LoadReport {
  const recorder = new Recorder()
  recorder.sent = 3
  recorder.notSent = 2
  recorder.add({ origin: 'app', version: 'v1', status: 200, code: null, latencyMs: 12 })
  recorder.add({
    origin: 'mesh',
    version: null,
    status: 503,
    code: null,
    latencyMs: 1,
    body: 'no healthy upstream',
  })
  recorder.add({ origin: 'client', version: null, status: null, code: 'ECONNRESET', latencyMs: 1 })
  return { ...recorder.report(), elapsedMs: 1000 }
}

test('the live line shows the last second by version and all trouble since the start', () => {
  const before = { ...report(), elapsedMs: 0, sent: 0, latency: [] }
  expect(liveLine(before, report())).toBe('3/s  v1 1 (p99 12 ms)  foreign errors 2  not sent 2')
})

test('the live line leaves out versions that answered nothing since the report before, and what never happened', () => {
  const now = { ...report(), notSent: 0 }
  expect(liveLine(now, now)).toBe('0/s  foreign errors 2')
})

test('the text has every outcome and what foreign errors looked like', () => {
  const text = reportText(report())
  expect(text).toContain('3 sent in 1.0 s, 2 not sent')
  expect(text).toMatch(/^app +v1 +200 +1$/m)
  expect(text).toMatch(/^client +- +ECONNRESET +1$/m)
  expect(text).toContain('1 x mesh 503')
  expect(text).toContain('no healthy upstream')
})
