import { expect, test } from 'vitest'
import { isReady } from '../../../sandbox/parts/agent.ts'

const started = Date.parse('2026-11-21T08:00:05.700Z')

function reported(type: string, lastHeartbeatTime: string | null) {
  return { items: [{ status: { conditions: [{ type, lastHeartbeatTime }] } }] }
}

test('an agent is ready when it has reported its node since it started', () => {
  expect(isReady(reported('Ready', '2026-11-21T08:00:05Z'), started)).toBe(true)
})

test.each([
  ['the report is of a former agent', reported('Ready', '2026-11-21T08:00:04Z')],
  ['the report tells something else', reported('MemoryPressure', '2026-11-21T08:00:09Z')],
  ['the report has no time', reported('Ready', null)],
  ['there is no node', { items: [] }],
])('it is not ready when %s', (_, nodes) => expect(isReady(nodes, started)).toBe(false))
